import { test } from '@japa/runner'
import type Stripe from 'stripe'
import type { StripeSandbox } from '../../sandbox/stripe/index.js'
import { funded, refusal, started } from './stripe_helpers.js'

const DAY = 24 * 3_600_000
const OPENING = 10_000_000

/** A balance, and what its transactions add up to, page by page. */
async function sums(stripe: Stripe, stripeAccount?: string) {
  const options = stripeAccount ? { stripeAccount } : {}
  let total = 0
  for await (const each of stripe.balanceTransactions.list({ limit: 2 }, options)) total += each.net
  const { available, pending } = await stripe.balance.retrieve({}, options)
  return { total, balance: available[0].amount + pending[0].amount }
}

/** Types of the events so far, oldest first. */
const types = (sandbox: StripeSandbox) => sandbox.events.map(({ type }) => type)

test.group('Stripe stand-in: money', () => {
  test('every balance is the sum of its transactions', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account, charge } = await funded(sandbox, stripe)
    const draw = { currency: 'usd', destination: account, source_transaction: charge }
    const transfer = await stripe.transfers.create({ ...draw, amount: 60_000 })
    await stripe.transfers.createReversal(transfer.id, { amount: 5000 })
    const refund = await stripe.refunds.create({ charge, amount: 30_000 })
    sandbox.failRefund(refund.id)
    sandbox.closeDispute(sandbox.openDispute(charge), 'won')
    sandbox.openDispute(charge, { amount: 700 })
    await stripe.payouts.create({ amount: 20_000, currency: 'usd' }, { stripeAccount: account })
    const platform = OPENING + 97_070 - 60_000 + 5000 - 1500 - 700 - 1500
    ctx.assert.deepEqual(await sums(stripe), { total: platform, balance: platform })
    ctx.assert.deepEqual(await sums(stripe, account), { total: 35_000, balance: 35_000 })
  })

  test('a refund above what is left of its charge is refused', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    await stripe.refunds.create({ charge, amount: 60_000 })
    const above = await refusal(stripe.refunds.create({ charge, amount: 40_001 }))
    ctx.assert.match(above.message, /\$400\.01\) is greater than unrefunded amount .*\$400\.00/)
    await stripe.refunds.create({ charge })
    const again = await refusal(stripe.refunds.create({ charge }))
    ctx.assert.equal(again.code, 'charge_already_refunded')
    ctx.assert.equal(sandbox.effects('refund'), 2)
  })

  test('transfers cannot exceed their charge, but a refund does not lower them', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account, charge } = await funded(sandbox, stripe)
    const draw = { currency: 'usd', destination: account, source_transaction: charge }
    await stripe.refunds.create({ charge })
    await stripe.transfers.create({ ...draw, amount: 90_000 })
    const above = await refusal(stripe.transfers.create({ ...draw, amount: 10_001 }))
    ctx.assert.equal(above.code, 'balance_insufficient')
    await stripe.transfers.create({ ...draw, amount: 10_000 })
    ctx.assert.equal(sandbox.available(account), 100_000)
  })

  test('a transfer without a source needs available balance', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, {
      openingFloat: 500n,
      availableAfterMs: DAY,
    })
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 501, currency: 'usd', destination: account }
    const early = await refusal(stripe.transfers.create(wanted))
    ctx.assert.equal(early.code, 'balance_insufficient')
    sandbox.advance(DAY)
    await stripe.transfers.create(wanted)
  })

  test('a transfer of a pending charge arrives with it', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, { availableAfterMs: DAY })
    const { account, charge } = await funded(sandbox, stripe)
    await stripe.transfers.create({
      amount: 90_000,
      currency: 'usd',
      destination: account,
      source_transaction: charge,
    })
    ctx.assert.equal(sandbox.available(account), 0)
    sandbox.advance(DAY)
    ctx.assert.equal(sandbox.available(account), 90_000)
  })

  test('an account that cannot take transfers gets none', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    sandbox.restrictAccount(account)
    const transfer = { amount: 100, currency: 'usd', destination: account }
    const refused = await refusal(stripe.transfers.create(transfer))
    ctx.assert.equal(refused.code, 'insufficient_capabilities_for_transfer')
  })

  test('a late fee comes with charge.updated', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, { lateFees: true })
    const { charge } = await funded(sandbox, stripe)
    const before = await stripe.charges.retrieve(charge)
    ctx.assert.isNull(before.balance_transaction)
    sandbox.settleFees()
    const event = sandbox.events.at(-1)
    ctx.assert.equal(event?.type, 'charge.updated')
    ctx.assert.isString(event?.data.object.balance_transaction)
    // The event of before still shows what was known then.
    const first = sandbox.events.find(({ type }) => type === 'charge.succeeded')
    ctx.assert.isNull(first?.data.object.balance_transaction)
    ctx.assert.equal(sandbox.available(), OPENING + 97_070)
  })

  test('a refund that fails gives its money back', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe, 'pm_card_refundFail')
    const before = sandbox.available()
    const refund = await stripe.refunds.create({ charge })
    ctx.assert.equal(refund.status, 'succeeded')
    ctx.assert.equal(sandbox.available(), before - 100_000)
    sandbox.advance(DAY)
    const failed = await stripe.refunds.retrieve(refund.id)
    ctx.assert.equal(failed.status, 'failed')
    ctx.assert.equal(sandbox.available(), before)
    ctx.assert.includeMembers(types(sandbox), ['refund.failed', 'charge.refund.updated'])
  })

  test('a refund that the balance does not cover waits for it', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, { openingFloat: 0n })
    const { charge } = await funded(sandbox, stripe)
    const refund = await stripe.refunds.create({ charge })
    ctx.assert.equal(refund.pending_reason, 'insufficient_funds')
    await funded(sandbox, stripe)
    const paid = await stripe.refunds.retrieve(refund.id)
    ctx.assert.equal(paid.status, 'succeeded')
  })

  test('an open dispute forbids refunds, an inquiry does not', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    sandbox.openDispute(charge, { status: 'warning_needs_response' })
    ctx.assert.equal(sandbox.available(), before)
    await stripe.refunds.create({ charge, amount: 100 })
    const dispute = sandbox.openDispute(charge)
    const refused = await refusal(stripe.refunds.create({ charge, amount: 100 }))
    ctx.assert.equal(refused.code, 'charge_disputed')
    sandbox.closeDispute(dispute, 'won')
    await stripe.refunds.create({ charge, amount: 100 })
  })

  test('a lost dispute that is won after all gives the money back, not the fee', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    const dispute = sandbox.openDispute(charge, { status: 'lost' })
    ctx.assert.equal(sandbox.available(), before - 101_500)
    sandbox.closeDispute(dispute, 'won')
    ctx.assert.equal(sandbox.available(), before - 1500)
    sandbox.closeDispute(dispute, 'won')
    ctx.assert.equal(sandbox.available(), before - 1500)
  })

  test('a paid payout can fail, and its account has the money again', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account, charge } = await funded(sandbox, stripe)
    await stripe.transfers.create({
      amount: 90_000,
      currency: 'usd',
      destination: account,
      source_transaction: charge,
    })
    const of = { stripeAccount: account }
    const payout = await stripe.payouts.create({ amount: 90_000, currency: 'usd' }, of)
    const empty = await refusal(stripe.payouts.create({ amount: 1, currency: 'usd' }, of))
    ctx.assert.equal(empty.code, 'balance_insufficient')
    sandbox.advance(3 * DAY)
    const paid = await stripe.payouts.retrieve(payout.id, {}, of)
    ctx.assert.equal(paid.status, 'paid')
    sandbox.failPayout(payout.id)
    const failed = await stripe.payouts.retrieve(payout.id, {}, of)
    ctx.assert.equal(failed.status, 'failed')
    ctx.assert.equal(sandbox.available(account), 90_000)
    const elsewhere = await refusal(stripe.payouts.retrieve(payout.id))
    ctx.assert.equal(elsewhere.code, 'resource_missing')
  })

  test('a reversal needs the money on the account, unless Stripe itself reverses', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account, charge } = await funded(sandbox, stripe)
    const transfer = await stripe.transfers.create({
      amount: 90_000,
      currency: 'usd',
      destination: account,
      source_transaction: charge,
    })
    await stripe.payouts.create({ amount: 80_000, currency: 'usd' }, { stripeAccount: account })
    const refused = await refusal(stripe.transfers.createReversal(transfer.id))
    ctx.assert.equal(refused.code, 'balance_insufficient')
    await stripe.transfers.createReversal(transfer.id, { amount: 10_000 })
    sandbox.reverseTransfer(transfer.id)
    const after = await stripe.transfers.retrieve(transfer.id)
    ctx.assert.isTrue(after.reversed)
    ctx.assert.equal(sandbox.available(account), -80_000)
    ctx.assert.lengthOf(
      types(sandbox).filter((type) => type === 'transfer.reversed'),
      2
    )
  })

  test('amounts outside the limits, wrong states and unknown ids are refused', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { intent } = await funded(sandbox, stripe)
    const refused = await Promise.all(
      [
        stripe.paymentIntents.create({ amount: 49, currency: 'usd' }),
        stripe.paymentIntents.create({ amount: 100_000_000, currency: 'usd' }),
        stripe.paymentIntents.cancel(intent),
        stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' }),
        stripe.paymentIntents.retrieve('pi_none'),
      ].map(refusal)
    )
    const codes = refused.map((error) => error.code)
    ctx.assert.deepEqual(codes, [
      'amount_too_small',
      'amount_too_large',
      'payment_intent_unexpected_state',
      'payment_intent_unexpected_state',
      'resource_missing',
    ])
  })
})
