import { test } from '@japa/runner'
import { paypal } from '#payments/paypal/index'
import { stripe } from '#payments/stripe/index'
import { impatient } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'
import { failureOf, payoutRequest, quietPaypal } from './helpers.js'

const CANCEL = 'POST /v1/payments/payouts-item/{payout_item_id}/cancel'
const FEE = 25n

const cancel = (id: string) => paypal.cancelPayout!(id)
const cancelCalls = () =>
  paypalSandbox.requestLog.filter(({ path }) => path.endsWith('/cancel')).length

/** A payout whose recipient has to claim it, as it is once PayPal has processed it. */
async function unclaimed(): Promise<string> {
  paypalSandbox.planPayout('UNCLAIMED')
  const { id } = await paypal.createPayout(payoutRequest())
  const seen = await paypal.getPayout(id)
  if (!seen.unclaimed) throw new Error(`It is ${seen.state}.`)
  return id
}

test.group('An unclaimed payout', (group) => {
  group.each.setup(quietPaypal)
  group.each.setup(() => {
    const restore = impatient()
    return () => {
      paypalSandbox.clearFaults()
      restore()
    }
  })

  test('is taken back, and has then never arrived; its fee stays with PayPal', async ({
    assert,
  }) => {
    const before = paypalSandbox.available()
    const id = await unclaimed()
    const back = await cancel(id)
    assert.equal(back.id, id)
    assert.equal(back.state, 'failed')
    assert.isFalse(back.unclaimed)
    assert.equal(back.fee?.minor, FEE)
    assert.equal(BigInt(before - paypalSandbox.available()), FEE)
  })

  test('is taken back once, as often as it is asked for', async ({ assert }) => {
    const id = await unclaimed()
    assert.deepEqual(await cancel(id), await cancel(id))
    assert.equal(cancelCalls(), 1)
  })

  test('that is claimed first stays paid, and nothing is asked for', async ({ assert }) => {
    const id = await unclaimed()
    paypalSandbox.setPayoutItem(id, 'SUCCESS')
    assert.equal((await cancel(id)).state, 'succeeded')
    assert.equal(cancelCalls(), 0)
  })

  test('that is claimed while it is asked for stays paid: the refusal is looked into', async ({
    assert,
  }) => {
    const id = await unclaimed()
    const held = paypalSandbox.hold(CANCEL, { at: 'before' })
    const asked = cancel(id)
    await held.arrived
    paypalSandbox.setPayoutItem(id, 'SUCCESS')
    held.release()
    assert.equal((await asked).state, 'succeeded')
  })

  test('that is under review cannot be taken back, and is said to be no such thing', async ({
    assert,
  }) => {
    const id = await unclaimed()
    paypalSandbox.setPayoutItem(id, 'ONHOLD')
    const failure = await failureOf(cancel(id))
    assert.equal(failure.kind, 'declined')
    assert.equal(failure.code, 'not_unclaimed')
  })

  test('is of unknown fate when the connection breaks, and the next look tells', async ({
    assert,
  }) => {
    for (const at of ['before', 'after'] as const) {
      const id = await unclaimed()
      paypalSandbox.failNext(CANCEL, { at, with: 'timeout' })
      assert.equal((await failureOf(cancel(id))).kind, 'unknown', at)
      assert.equal((await cancel(id)).state, 'failed', at)
    }
  })

  test('is no matter of a rail whose payouts have arrived once they exist', async ({ assert }) => {
    assert.isUndefined(stripe.cancelPayout)
  })
})
