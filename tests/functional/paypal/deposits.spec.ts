import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { NOT_A_DEPOSIT } from '#payments/provider'
import { paypal, venmo } from '#payments/paypal/index'
import { paypalSandbox as sandbox } from '#tests/support/sandbox'
import {
  depositRequest,
  failureOf,
  HOUR,
  issue,
  json,
  refusal,
  strangePaypal,
  usd,
  quietPaypal,
} from './helpers.js'

const CREATE = 'POST /v2/checkout/orders'
const CAPTURE = 'POST /v2/checkout/orders/{id}/capture'

/** A deposit that its payer approved. */
async function approved(approval: Parameters<typeof sandbox.approve>[1] = {}, by = paypal) {
  const request = depositRequest()
  const { id } = await by.createDeposit(request)
  sandbox.approve(id, approval)
  return { id, request }
}

/** A deposit whose money we have, or are about to have. */
async function captured(
  instrument?: NonNullable<Parameters<typeof sandbox.approve>[1]>['instrument']
) {
  const { id, request } = await approved({ instrument })
  return { id, request, deposit: await paypal.captureDeposit(id, 'capture') }
}

test.group('Deposits by PayPal and Venmo', (group) => {
  group.each.setup(quietPaypal)

  test('what PayPal is told: whose it is, where to go, that nothing is shipped', async ({
    assert,
  }) => {
    const asked = await strangePaypal({
      [CREATE]: json({
        id: 'O1',
        status: 'CREATED',
        purchase_units: [{ amount: { currency_code: 'USD', value: '1000.00' } }],
      }),
    })
    const request = depositRequest({ returnUrl: 'https://safesend.example/p' })
    await paypal.createDeposit(request)
    await venmo.createDeposit(request)
    const [byPaypal, byVenmo] = asked.map(({ body }) => JSON.parse(body))
    for (const body of [byPaypal, byVenmo]) {
      assert.equal(body.intent, 'CAPTURE')
      assert.deepEqual(body.purchase_units, [
        {
          amount: { currency_code: 'USD', value: '1000.00' },
          description: 'SafeSend escrow deposit',
          custom_id: request.transactionId,
          invoice_id: request.transactionId,
        },
      ])
    }
    const urls = {
      return_url: 'https://safesend.example/p',
      cancel_url: 'https://safesend.example/p',
    }
    const { paypal: wallet, ...others } = byPaypal.payment_source
    assert.isEmpty(others)
    assert.deepInclude(wallet.experience_context, {
      ...urls,
      user_action: 'PAY_NOW',
      shipping_preference: 'NO_SHIPPING',
      payment_method_preference: 'IMMEDIATE_PAYMENT_REQUIRED',
    })
    assert.deepEqual(Object.keys(byVenmo.payment_source), ['venmo'])
    assert.deepInclude(byVenmo.application_context, urls)
    assert.equal(asked[0].headers['paypal-request-id'], request.key)
    assert.equal(asked[0].headers.prefer, 'return=representation')
  })

  test('without an address to return to, the payer comes back to us', async ({ assert }) => {
    const asked = await strangePaypal({ [CREATE]: refusal(500, 'INTERNAL_SERVER_ERROR') })
    await failureOf(paypal.createDeposit(depositRequest()))
    const context = JSON.parse(asked[0].body).payment_source.paypal.experience_context
    assert.match(context.return_url, /^http/)
    assert.equal(context.cancel_url, context.return_url)
  })

  test('two captures at once take the money once', async ({ assert }) => {
    const { id, request } = await approved()
    const hold = sandbox.hold(CAPTURE)
    const first = paypal.captureDeposit(id, 'one')
    await hold.arrived
    const second = await paypal.captureDeposit(id, 'two')
    hold.release()
    assert.deepEqual([(await first).state, second.state], ['captured', 'captured'])
    assert.equal(sandbox.effectsOf(request.transactionId).captures, 1)
  })

  test('a capture that is refused because another was first is told as it is', async ({
    assert,
  }) => {
    const order = (status: string) =>
      json({
        id: 'O1',
        status,
        purchase_units: [
          {
            amount: { currency_code: 'USD', value: '5.00' },
            ...(status === 'COMPLETED' && {
              payments: {
                captures: [{ id: 'C1', status, amount: { currency_code: 'USD', value: '5.00' } }],
              },
            }),
          },
        ],
      })
    await strangePaypal({
      'GET /v2/checkout/orders/O1': [order('APPROVED'), order('COMPLETED')],
      'POST /v2/checkout/orders/O1/capture': issue('ORDER_ALREADY_CAPTURED'),
    })
    const deposit = await paypal.captureDeposit('O1', 'key')
    assert.deepInclude(deposit, { state: 'captured', chargeId: 'C1' })
  })

  test('a capture whose answer is lost ({at} the effect) is not repeated blindly')
    .with([{ at: 'before' as const }, { at: 'after' as const }])
    .run(async ({ assert }, { at }) => {
      const { id, request } = await approved()
      sandbox.failNext(CAPTURE, { at, with: 'reset' })
      assert.equal((await failureOf(paypal.captureDeposit(id, 'one'))).kind, 'unknown')
      // By now PayPal has forgotten the key.
      assert.equal((await paypal.captureDeposit(id, 'two')).state, 'captured')
      assert.equal(sandbox.effectsOf(request.transactionId).captures, 1)
    })

  test('money that is on its way is processing, and then captured or not', async ({ assert }) => {
    const waiting = await captured('echeck')
    assert.deepInclude(waiting.deposit, { state: 'processing', chargeId: '' })
    assert.isUndefined(waiting.deposit.fee)
    sandbox.settleCapture(sandbox.captures[0].id)
    assert.deepInclude(await paypal.getDeposit(waiting.id), { state: 'captured' })

    const failing = await captured('echeck')
    sandbox.declineCapture(sandbox.captures[1].id)
    const declined = await paypal.getDeposit(failing.id)
    assert.equal(declined.state, 'cancelled')
    assert.isNotEmpty(declined.lastError)
  })

  test('a capture that is refused at once can never be paid any more', async ({ assert }) => {
    const { deposit } = await captured('refused')
    assert.deepInclude(deposit, { state: 'cancelled', chargeId: '' })
  })

  test('an order that expired counts as cancelled: {when}')
    .with([
      { when: 'to read', act: (id: string) => paypal.getDeposit(id) },
      { when: 'to capture', act: (id: string) => paypal.captureDeposit(id, 'key') },
      { when: 'to cancel', act: (id: string) => paypal.cancelDeposit(id, 'key') },
    ])
    .run(async ({ assert }, { act }) => {
      const { id } = await approved()
      sandbox.advance(7 * HOUR)
      assert.deepInclude(await act(id), { id, state: 'cancelled' })
    })

  test('an order that expires between the look and the capture is cancelled', async ({
    assert,
  }) => {
    const order = json({
      id: 'O1',
      status: 'APPROVED',
      purchase_units: [{ amount: { currency_code: 'USD', value: '5.00' } }],
    })
    for (const answer of [issue('ORDER_EXPIRED'), issue('INVALID_RESOURCE_ID', 404)]) {
      await strangePaypal({
        'GET /v2/checkout/orders/O1': order,
        'POST /v2/checkout/orders/O1/capture': answer,
      })
      assert.equal((await paypal.captureDeposit('O1', 'key')).state, 'cancelled')
    }
  })

  test("an order that is hidden by somebody else's 404 is not cancelled", async ({ assert }) => {
    await strangePaypal({ 'GET /v2/checkout/orders/O1': json({ message: 'no route' }, 404) })
    assert.equal((await failureOf(paypal.getDeposit('O1'))).kind, 'unknown')
    assert.equal((await failureOf(paypal.cancelDeposit('O1', 'key'))).kind, 'unknown')
  })

  test('to cancel is to look: nobody but us takes the money', async ({ assert }) => {
    const open = await paypal.createDeposit(depositRequest())
    const cancelled = await paypal.cancelDeposit(open.id, 'key')
    assert.equal(cancelled.state, 'cancelled')
    assert.isUndefined(cancelled.clientAction)
    assert.equal((await paypal.cancelDeposit((await approved()).id, 'key')).state, 'cancelled')
    assert.equal((await paypal.cancelDeposit((await captured()).id, 'key')).state, 'captured')
    assert.equal(
      (await paypal.cancelDeposit((await captured('review')).id, 'key')).state,
      'processing'
    )
  })

  test('what went back to the payer shows, and that PayPal took it all back', async ({
    assert,
  }) => {
    const { id, deposit } = await captured()
    const refund = {
      key: 'refund-1',
      transactionId: randomUUID(),
      chargeId: deposit.chargeId,
      amount: usd('300.00'),
      reason: 'Not needed',
    }
    await paypal.refund(refund)
    sandbox.refundsPend(true)
    await paypal.refund({ ...refund, key: 'refund-2', amount: usd('100.00') })
    const partly = await paypal.getDeposit(id)
    assert.deepInclude(partly, { state: 'captured', disputed: false })
    assert.equal(partly.refundedAmount?.toString(), '400.00 USD')
    assert.equal(partly.amount.toString(), '1000.00 USD')

    const other = await captured()
    sandbox.reverseCapture(other.deposit.chargeId)
    assert.deepInclude(await paypal.getDeposit(other.id), { state: 'captured', disputed: true })
  })

  test('an order is not looked for: one that we do not know is never captured', async ({
    assert,
  }) => {
    const request = depositRequest()
    await paypal.createDeposit(request)
    const asked = sandbox.requestLog.length
    const hints = { projectId: request.projectId, since: new Date() }
    assert.isUndefined(await paypal.findByMetadata('deposit', request.transactionId, hints))
    assert.lengthOf(sandbox.requestLog, asked)
  })

  test('a capture without an order is no deposit', async ({ assert }) => {
    await strangePaypal({
      'GET /v2/payments/captures/C1': json({ id: 'C1', status: 'COMPLETED' }),
    })
    assert.equal((await failureOf(paypal.getDepositByCharge('C1'))).code, NOT_A_DEPOSIT)
  })

  test('another currency than dollars is nothing for Venmo', async ({ assert }) => {
    assert.isUndefined(venmo.limitsFor('EUR'))
    assert.isDefined(venmo.limitsFor('USD'))
  })
})
