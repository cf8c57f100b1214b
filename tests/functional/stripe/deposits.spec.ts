import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { stripeClient } from '#payments/stripe/client'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import { depositRequest, failureOf, inHours, paidDeposit, usd, withSetting } from './helpers.js'

const METHODS = [{ method: 'payment_element' as const }, { method: 'checkout' as const }]

test.group('A deposit at Stripe', (group) => {
  group.each.setup(resetAll)

  test('a new one tells the payer how to pay in our form', async ({ assert }) => {
    const request = depositRequest()
    const deposit = await stripe.createDeposit(request)
    assert.match(deposit.id, /^pi_/)
    assert.deepInclude(deposit, {
      transactionId: request.transactionId,
      state: 'open',
      chargeId: '',
    })
    assert.equal(deposit.amount.toString(), '1000.00 USD')
    assert.equal(deposit.clientAction?.type, 'confirm_payment')
    assert.match(deposit.clientAction!.client_secret!, /_secret_/)
    assert.equal(deposit.clientAction!.publishable_key, process.env.STRIPE_PUBLISHABLE_KEY)
    const [intent] = sandbox.paymentIntents
    assert.equal(intent.transfer_group, request.projectId)
  })

  test('a new one tells the payer how to pay on the hosted page', async ({ assert }) => {
    const request = depositRequest({ method: 'checkout', returnUrl: 'https://shop.example/back' })
    const deposit = await stripe.createDeposit(request)
    assert.match(deposit.id, /^cs_/)
    assert.deepInclude(deposit, {
      transactionId: request.transactionId,
      state: 'open',
      chargeId: '',
    })
    assert.equal(deposit.amount.toString(), '1000.00 USD')
    assert.deepInclude(deposit.clientAction, { type: 'redirect' })
    const page = await fetch(deposit.clientAction!.url!)
    assert.equal(page.status, 200)
    const [session] = sandbox.checkoutSessions
    assert.equal(session.success_url, 'https://shop.example/back')
  })

  test('a paid one ({method}) keeps its id and has charge, time and fee')
    .with(METHODS)
    .run(async ({ assert }, { method }) => {
      const { request, deposit } = await paidDeposit({ method })
      assert.match(deposit.id, method === 'checkout' ? /^cs_/ : /^pi_/)
      assert.deepInclude(deposit, { transactionId: request.transactionId, state: 'captured' })
      assert.match(deposit.chargeId, /^ch_/)
      assert.instanceOf(deposit.capturedAt, Date)
      assert.equal(deposit.fee?.toString(), '29.30 USD')
      assert.isUndefined(deposit.clientAction)
      assert.equal(sandbox.charges[0].transfer_group, request.projectId)
    })

  test('it is the same one ({method}) by its intent and by its charge')
    .with(METHODS)
    .run(async ({ assert }, { method }) => {
      const { deposit } = await paidDeposit({ method })
      const [intent] = sandbox.paymentIntents
      assert.equal((await stripe.getDeposit(intent.id)).id, deposit.id)
      assert.equal((await stripe.getDepositByCharge(deposit.chargeId)).id, deposit.id)
    })

  test('one whose session Stripe does not show yet is told later, never under another name', async ({
    assert,
  }) => {
    const { id } = await stripeClient().paymentIntents.create({
      amount: 100_000,
      currency: 'usd',
      metadata: { transaction_id: randomUUID(), channel: 'checkout' },
    })
    const failure = await failureOf(stripe.getDeposit(id))
    assert.deepInclude(failure, { kind: 'retry', code: 'session_not_found' })
  })

  test('its fee is unknown until Stripe has settled it', async ({ assert }) => {
    const request = depositRequest()
    const { id } = await stripe.createDeposit(request)
    sandbox.confirm(id)
    // As with asynchronous capture: the charge has no balance transaction yet.
    sandbox.charges[0].balance_transaction = null
    const deposit = await stripe.getDeposit(id)
    assert.equal(deposit.state, 'captured')
    assert.isUndefined(deposit.fee)
  })

  test('cancelling one that is paid at the same moment tells that it was paid', async ({
    assert,
  }) => {
    const { id } = await stripe.createDeposit(depositRequest())
    const hold = sandbox.hold('POST /v1/payment_intents/{intent}/cancel', { at: 'before' })
    const cancelling = stripe.cancelDeposit(id, 'cancel-1')
    await hold.arrived
    sandbox.confirm(id)
    hold.release()
    assert.equal((await cancelling).state, 'captured')
  })

  test('a hosted page that ran out is cancelled', async ({ assert }) => {
    const { id } = await stripe.createDeposit(depositRequest({ method: 'checkout' }))
    sandbox.advance(24 * 3_600_000)
    assert.equal((await stripe.getDeposit(id)).state, 'cancelled')
  })

  test('it is found by our id alone ({method}), paid or not')
    .with(METHODS)
    .run(async ({ assert }, { method }) => {
      const request = depositRequest({ method })
      const hints = { projectId: request.projectId, since: new Date() }
      assert.isUndefined(await stripe.findByMetadata('deposit', request.transactionId, hints))
      const { id } = await stripe.createDeposit(request)
      await stripe.createDeposit(depositRequest({ method }))
      const open = await stripe.findByMetadata('deposit', request.transactionId, hints)
      assert.deepEqual([open?.id, open?.state], [id, 'open'])
      if (method === 'checkout') sandbox.pay(id)
      else sandbox.confirm(id)
      const paid = await stripe.findByMetadata('deposit', request.transactionId, hints)
      assert.deepEqual([paid?.id, paid?.state], [id, 'captured'])
    })

  test('of two attempts, the one that was paid is found', async ({ assert }) => {
    const first = depositRequest()
    const { id } = await stripe.createDeposit(first)
    await stripe.createDeposit({ ...first, key: 'another attempt' })
    sandbox.confirm(id)
    const hints = { projectId: first.projectId, since: new Date() }
    assert.equal((await stripe.findByMetadata('deposit', first.transactionId, hints))?.id, id)
  })

  test('a record in another currency shows, so that it can be frozen', async ({ assert }) => {
    const { id } = await stripe.createDeposit(depositRequest())
    sandbox.paymentIntents[0].currency = 'eur'
    assert.equal((await stripe.getDeposit(id)).amount.currency, 'EUR')
  })

  test('what went back to the payer by hand at Stripe shows', async ({ assert }) => {
    const { request, deposit } = await paidDeposit()
    await stripe.refund({
      ...request,
      key: randomUUID(),
      chargeId: deposit.chargeId,
      amount: usd('250.00'),
      reason: 'By hand',
    })
    const now = await stripe.getDeposit(deposit.id)
    assert.equal(now.refundedAmount?.toString(), '250.00 USD')
    assert.isFalse(now.disputed)
    sandbox.openDispute(deposit.chargeId)
    assert.isTrue((await stripe.getDeposit(deposit.id)).disputed)
  })

  test('the rail takes the currencies that it settles, within its limits', async ({ assert }) => {
    const limits = stripe.limitsFor('USD')!
    assert.equal(limits.minimum.toString(), '0.50 USD')
    assert.equal(limits.maximum.toString(), '999999.99 USD')
    assert.isUndefined(stripe.limitsFor('EUR'))
    withSetting('STRIPE_CURRENCIES', 'usd, eur')
    assert.equal(stripe.limitsFor('EUR')?.maximum.toString(), '999999.99 EUR')
    assert.isUndefined(stripe.limitsFor('GBP'))
  })

  test('a hosted page that would end too soon is refused, not made', async ({ assert }) => {
    const soon = depositRequest({ method: 'checkout', expiresAt: inHours(0.4) })
    await assert.rejects(() => stripe.createDeposit(soon))
    assert.equal(sandbox.effects('checkout_session'), 0)
  })
})
