import { test } from '@japa/runner'
import { ProviderFailure } from '#payments/provider'
import { paypal } from '#payments/paypal/index'
import { payoutRequest, refusal, strangePaypal } from './helpers.js'

const PAYOUTS = 'POST /v1/payments/payouts'

async function kindOf(call: Promise<unknown>) {
  return call.then(
    () => 'done',
    (error) => (error instanceof ProviderFailure ? error.kind : error)
  )
}

test.group('A payout that is sent again', () => {
  test('a refusal for lack of funds tells nothing of the first, which may have taken them', async ({
    assert,
  }) => {
    await strangePaypal({ [PAYOUTS]: refusal(422, 'INSUFFICIENT_FUNDS') })
    assert.equal(await kindOf(paypal.createPayout(payoutRequest())), 'declined')
    assert.equal(await kindOf(paypal.createPayout(payoutRequest({ repeated: true }))), 'unknown')
  })

  test('what was never fit to be sent was not fit the first time', async ({ assert }) => {
    await strangePaypal({ [PAYOUTS]: refusal(400, 'VALIDATION_ERROR') })
    assert.equal(await kindOf(paypal.createPayout(payoutRequest({ repeated: true }))), 'declined')
  })
})
