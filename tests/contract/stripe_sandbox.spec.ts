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

test.group('Stripe stand-in: disputes', () => {
  const evidence = { uncategorized_text: 'Delivered and approved.' }

  test('evidence goes in once, unless the bank takes more', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const dispute = sandbox.openDispute(charge)
    await stripe.disputes.update(dispute, { evidence, submit: false })
    const submitted = await stripe.disputes.update(dispute, { evidence, submit: true })
    ctx.assert.equal(submitted.status, 'under_review')
    ctx.assert.equal(submitted.evidence_details.submission_count, 1)
    const again = await refusal(stripe.disputes.update(dispute, { evidence }))
    ctx.assert.equal(again.code, 'dispute_evidence_already_submitted')
    const open = sandbox.openDispute(charge, { resubmittable: true })
    await stripe.disputes.update(open, { evidence })
    const twice = await stripe.disputes.update(open, { evidence })
    ctx.assert.equal(twice.evidence_details.submission_count, 2)
    const deaf = await refusal(
      stripe.disputes.update(sandbox.openDispute(charge, { dueInMs: 0 }), { evidence })
    )
    ctx.assert.equal(deaf.code, 'dispute_evidence_already_submitted')
  })

  test('a field of evidence has its limit, and so have all together', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const dispute = sandbox.openDispute(charge)
    const long = 'x'.repeat(20_000)
    const one = await refusal(
      stripe.disputes.update(dispute, { evidence: { uncategorized_text: `${long}x` } })
    )
    ctx.assert.equal(one.code, 'parameter_invalid_string')
    const fields = ['access_activity_log', 'cancellation_policy_disclosure']
    fields.push('cancellation_rebuttal', 'duplicate_charge_explanation', 'product_description')
    fields.push('refund_policy_disclosure', 'refund_refusal_explanation')
    const seven = Object.fromEntries(fields.map((field) => [field, long]))
    await stripe.disputes.update(dispute, { evidence: seven, submit: false })
    const all = await refusal(
      stripe.disputes.update(dispute, { evidence: { uncategorized_text: long } })
    )
    ctx.assert.match(all.message, /150,000/)
  })

  test('who says nothing in time has lost; what was staged goes in by itself', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const silent = sandbox.openDispute(charge, { dueInMs: DAY })
    const staged = sandbox.openDispute(charge, { dueInMs: DAY })
    await stripe.disputes.update(staged, { evidence, submit: false })
    const before = sandbox.available()
    sandbox.advance(DAY)
    ctx.assert.equal((await stripe.disputes.retrieve(silent)).status, 'lost')
    ctx.assert.equal((await stripe.disputes.retrieve(staged)).status, 'under_review')
    ctx.assert.equal(sandbox.available(), before, 'the money was gone since the beginning')
  })

  test('an inquiry takes money only when it becomes a dispute', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    const inquiry = sandbox.openDispute(charge, { status: 'warning_needs_response' })
    const other = sandbox.openDispute(charge, { status: 'warning_needs_response' })
    sandbox.closeDispute(other, 'lost')
    ctx.assert.equal((await stripe.disputes.retrieve(other)).status, 'warning_closed')
    ctx.assert.equal(sandbox.available(), before)
    sandbox.escalateInquiry(inquiry)
    ctx.assert.equal(sandbox.available(), before - 101_500)
    ctx.assert.include(types(sandbox), 'charge.dispute.funds_withdrawn')
  })

  test('several disputes of one charge may take more than it brought', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    sandbox.openDispute(charge, { amount: 100_200 })
    const second = sandbox.openDispute(charge, { amount: 60_000 })
    ctx.assert.equal(sandbox.available(), before - 160_200 - 3000)
    const { data } = await stripe.disputes.list({ charge })
    ctx.assert.lengthOf(data, 2)
    sandbox.closeDispute(second, 'won')
    const refused = await refusal(stripe.refunds.create({ charge, amount: 100 }))
    ctx.assert.equal(refused.code, 'charge_disputed', 'the other one is open still')
  })

  test('an appeal against a lost dispute may bring the money back', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    const dispute = sandbox.openDispute(charge)
    sandbox.closeDispute(dispute, 'lost')
    sandbox.reopenDispute(dispute)
    await stripe.disputes.update(dispute, { evidence })
    sandbox.closeDispute(dispute, 'won', { feeReturned: true })
    ctx.assert.equal(sandbox.available(), before)
    ctx.assert.equal(types(sandbox).at(-1), 'charge.dispute.closed')
  })

  test('one that was prevented takes money only if it was settled with it', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { charge } = await funded(sandbox, stripe)
    const before = sandbox.available()
    sandbox.openDispute(charge, { status: 'prevented' })
    ctx.assert.equal(sandbox.available(), before)
    sandbox.openDispute(charge, { status: 'prevented', takesMoney: true })
    ctx.assert.equal(sandbox.available(), before - 100_000, 'without a fee')
  })
})

test.group('Stripe stand-in: our bank and the accounts', () => {
  test('a top-up arrives later, and can be called off until then', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { id } = await stripe.topups.create({ amount: 5000, currency: 'usd' })
    const off = await stripe.topups.create({ amount: 700, currency: 'usd' })
    await stripe.topups.cancel(off.id)
    ctx.assert.equal(sandbox.available(), OPENING)
    sandbox.advance(2 * DAY)
    ctx.assert.equal(sandbox.available(), OPENING + 5000)
    ctx.assert.equal(types(sandbox).at(-1), 'topup.succeeded')
    const late = await refusal(stripe.topups.cancel(id))
    ctx.assert.equal(late.code, 'topup_not_cancelable')
  })

  test('our own payout needs our own available balance', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, { openingFloat: 500n })
    await stripe.payouts.create({ amount: 500, currency: 'usd' })
    const empty = await refusal(stripe.payouts.create({ amount: 1, currency: 'usd' }))
    ctx.assert.equal(empty.code, 'balance_insufficient')
    ctx.assert.throws(() => sandbox.withdraw(1), /insufficient/)
  })

  test('an account whose owner left shows nothing and takes nothing', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    sandbox.deauthorize(account)
    ctx.assert.equal(types(sandbox).at(-1), 'account.application.deauthorized')
    const gone = await Promise.all(
      [
        stripe.accounts.retrieve(account),
        stripe.balance.retrieve({}, { stripeAccount: account }),
        stripe.transfers.create({ amount: 100, currency: 'usd', destination: account }),
      ].map(refusal)
    )
    const codes = gone.map(({ code }) => code)
    ctx.assert.deepEqual(codes, ['account_invalid', 'account_invalid', 'resource_missing'])
    const listed = await stripe.accounts.list()
    ctx.assert.isEmpty(listed.data)
  })

  test('money crosses a border to recipients only', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const codes: (string | undefined)[] = []
    for (const agreement of ['full', 'recipient']) {
      const { id } = await stripe.accounts.create({
        type: 'express',
        country: 'GB',
        capabilities: { transfers: { requested: true } },
        tos_acceptance: { service_agreement: agreement },
      })
      sandbox.completeOnboarding(id)
      const sent = stripe.transfers.create({ amount: 100, currency: 'usd', destination: id })
      codes.push(await sent.then(() => 'sent').catch(({ code }: Stripe.errors.StripeError) => code))
    }
    ctx.assert.deepEqual(codes, ['transfers_not_allowed', 'sent'])
  })

  test('what is due restricts an account only when Stripe says so', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    sandbox.setAccountState(account, { currentlyDue: ['individual.id_number'] })
    const transfer = { amount: 100, currency: 'usd', destination: account }
    await stripe.transfers.create(transfer)
    sandbox.setAccountState(account, {
      pastDue: ['individual.id_number'],
      capabilities: 'inactive',
      payoutsEnabled: false,
      disabledReason: 'requirements.past_due',
    })
    const refused = await refusal(stripe.transfers.create(transfer))
    ctx.assert.equal(refused.code, 'insufficient_capabilities_for_transfer')
    const { requirements } = await stripe.accounts.retrieve(account)
    ctx.assert.deepEqual(requirements?.currently_due, ['individual.id_number'])
    const rejected = await stripe.accounts.reject(account, { reason: 'fraud' })
    ctx.assert.equal(rejected.requirements?.disabled_reason, 'rejected.fraud')
  })
})

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
    sandbox.reverseTransfer(transfer.id, 1000)
    const lost = sandbox.openDispute(charge, { amount: 300, status: 'lost' })
    sandbox.closeDispute(lost, 'won', { feeReturned: true })
    sandbox.reverseTopUp(sandbox.topUp(9000))
    sandbox.topUp(4000)
    sandbox.failPayout(sandbox.withdraw(2500))
    sandbox.withdraw(1700)
    sandbox.adjustBalance({ type: 'stripe_fee', amount: -250 })
    const disputed = -1500 - 700 - 1500
    const platform = OPENING + 97_070 - 60_000 + 6000 + disputed + 4000 - 1700 - 250
    ctx.assert.deepEqual(await sums(stripe), { total: platform, balance: platform })
    const moved = new Set(sandbox.balanceTransactions.map(({ type }) => type))
    ctx.assert.sameMembers(
      [...moved],
      [
        ...['adjustment', 'charge', 'payment', 'payment_refund', 'payout', 'payout_failure'],
        ...['refund', 'refund_failure', 'stripe_fee', 'topup', 'topup_reversal', 'transfer'],
        'transfer_refund',
      ]
    )
    ctx.assert.deepEqual(await sums(stripe, account), { total: 34_000, balance: 34_000 })
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
