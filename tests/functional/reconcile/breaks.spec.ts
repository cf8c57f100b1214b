import { test } from '@japa/runner'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import type { ProviderBalanceTransaction } from '#payments/provider'
import { blockingBreaks } from '#payments/reconcile/blocking'
import { BREAK_KINDS } from '#payments/reconcile/breaks'
import { breakToJson } from '#payments/reconcile/describe'
import { stripe } from '#payments/stripe/index'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import {
  activeProject,
  aDeposit,
  fund,
  fundedMilestone,
  fundedProject,
  pay,
  payIn,
} from '#tests/support/projects'
import { OPERATOR } from '#tests/support/operator'
import { sandbox } from '#tests/support/sandbox'
import { bookFloat, kinds, reconcile } from './helpers.js'

const usd = (minor: number) => Money.of(BigInt(minor), 'USD')

const post = (...entries: JournalEntryInput[]) => inTransaction((trx) => postEntries(trx, entries))

const treasury = (kind: 'top_up' | 'withdrawal', amount: Money, reference: string) =>
  inTransaction((trx) => recordTreasury(trx, { kind, rail: 'stripe', amount, reference }, OPERATOR))

/** Stripe's list with a page that somebody tampered with. */
const listing = (change: (row: ProviderBalanceTransaction) => ProviderBalanceTransaction[]) => ({
  async *listBalanceTransactions(period: Parameters<typeof stripe.listBalanceTransactions>[0]) {
    for await (const row of stripe.listBalanceTransactions(period)) yield* change(row)
  },
})

const isCharge = ({ kind }: ProviderBalanceTransaction) => kind === 'deposit'

test.group('A break', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })

  test('missing in the ledger: what Stripe moved and nobody booked', async ({ assert }) => {
    const topUp = sandbox.topUp(50_000)
    const { run, breaks, told } = await reconcile()
    assert.deepEqual(kinds(breaks), ['missing_in_ledger'])
    assert.equal(breaks[0].subject, `top_up:${topUp}`)
    assert.equal(breaks[0].difference, 50_000n)
    assert.include(told[0], '500.00 USD')
    // And it explains what the balances differ by.
    const [totals] = run.totals
    assert.equal(totals.provider_balance! - totals.clearing_balance!, 50_000n)
    assert.equal(totals.balance_breaks, 50_000n)
    assert.equal(totals.balance_remainder, 0n)
    assert.equal(totals.moved_breaks, 50_000n)
  })

  test('missing at the provider: what we booked and Stripe does not list', async ({ assert }) => {
    await treasury('withdrawal', usd(30_000), 'po_never_made')
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['missing_at_provider'])
    assert.equal(breaks[0].difference, 30_000n)
  })

  test('amount: both have it, but not the same', async ({ assert }) => {
    await treasury('top_up', usd(40_000), sandbox.topUp(50_000))
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['amount'])
    assert.equal(breaks[0].difference, 10_000n)
    assert.deepInclude(breaks[0].details.provider, { amount: '50000', currency: 'USD' })
    assert.deepInclude(breaks[0].details.ledger, { amount: '40000', currency: 'USD' })
  })

  test('currency: both have it, one in dollars and one in euros', async ({ assert }) => {
    await treasury('top_up', Money.of(50_000n, 'EUR'), sandbox.topUp(50_000))
    const { run, breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['currency'])
    for (const { currency, balance_remainder: left } of run.totals) {
      assert.equal(left, 0n, `something is left in ${currency}`)
    }
    const [eur] = run.totals.filter(({ currency }) => currency === 'EUR')
    assert.equal(eur.moved_breaks, -50_000n)
  })

  test('fee: the payment agrees, but news of its fee never came', async ({ assert }) => {
    sandbox.feesComeLate(true)
    const { client, milestones } = await activeProject()
    await fund(client, milestones)
    sandbox.webhookMode({ drop: ['charge.updated'] })
    sandbox.settleFees()
    sandbox.feesComeLate(false)
    await settle()
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['fee'])
    assert.equal(breaks[0].difference, -2_930n)
    assert.equal(breaks[0].amount, 2_930n)
  })

  test('status: Stripe took the payment, and our deposit is still pending', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ drop: () => true })
    payIn(await aDeposit(client, milestones))
    await settle()
    const [{ charge_id: before }] = await db.from('deposits').select('charge_id')
    assert.equal(before, '')
    // Nobody told us of the charge, so nothing of ours has its name.
    assert.deepEqual(kinds((await reconcile()).breaks), ['missing_in_ledger'])
    // Somebody did, and what should have followed did not.
    await db.from('deposits').update({ charge_id: sandbox.charges[0].id })
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['status'])
    assert.equal(breaks[0].details.transaction_status, 'pending')
  })

  test('status: the provider calls failed what we have booked', async ({ assert }) => {
    await fundedProject()
    const provider = listing((row) => [isCharge(row) ? { ...row, status: 'failed' } : row])
    const { breaks } = await reconcile({ provider })
    // Its balance has the money all the same, which contradicts it.
    assert.deepEqual(kinds(breaks), ['status', 'unexplained_remainder'])
  })

  test('duplicate: one payment is there twice, in our books or in theirs', async ({ assert }) => {
    const { milestone } = await fundedMilestone()
    const twice = listing((row) =>
      isCharge(row) ? [row, { ...row, id: `${row.id}_again` }] : [row]
    )
    const atProvider = await reconcile({ provider: twice })
    assert.includeMembers(kinds(atProvider.breaks), ['duplicate'])
    assert.equal(
      atProvider.breaks.find(({ kind }) => kind === 'duplicate')!.difference,
      100_000n - 2_930n
    )

    const [deposit] = await db.from('transactions').where('transaction_type', 'deposit')
    await post({
      reference: `deposit:${deposit.id}:again`,
      kind: 'deposit_captured',
      transactionId: deposit.id,
      depositId: deposit.id,
      postings: [
        debit(accounts.clearing('stripe'), usd(100_000)),
        credit(accounts.escrow(milestone.id), usd(100_000)),
      ],
    })
    const inLedger = await reconcile()
    assert.deepEqual(kinds(inLedger.breaks), ['duplicate'])
    assert.equal(inLedger.breaks[0].difference, -100_000n)
  })

  test('aged in transit: a refund that its bank sits on', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.provider_transaction_id, { card: 'pm_card_pendingRefund' })
    await settle()
    expectData(
      await pay(client, 'payments/refund', { milestone_id: milestones[0].id, reason: 'No.' }),
      201
    )
    await settle()
    const young = await reconcile()
    assert.deepEqual(young.told, [])
    const asOf = DateTime.utc().plus({ days: 40 }).toJSDate()
    const { breaks } = await reconcile({ asOf })
    assert.deepEqual(kinds(breaks), ['aged_in_transit'])
    assert.equal(breaks[0].amount, 100_000n)
    assert.equal(breaks[0].difference, 0n)

    sandbox.settleRefund(sandbox.refunds[0].id)
    await settle()
    assert.equal((await reconcile({ asOf })).run.resolved_breaks, 1n)
  })

  test('aged in transit: what the provider still calls pending long after it was due', async ({
    assert,
  }) => {
    await fundedProject()
    const provider = listing((row) => [isCharge(row) ? { ...row, status: 'pending' } : row])
    assert.deepEqual((await reconcile({ provider })).told, [])
    const asOf = DateTime.utc().plus({ days: 40 }).toJSDate()
    assert.deepEqual(kinds((await reconcile({ provider, asOf })).breaks), ['aged_in_transit'])
  })

  test('unknown account: what is for none of ours', async ({ assert }) => {
    await fundedProject()
    const provider = listing((row) => [
      isCharge(row) ? { ...row, kind: 'other', type: 'reserve_hold' } : row,
    ])
    const { breaks } = await reconcile({ provider })
    // The charge that we booked is not there, but something that we know nothing of.
    assert.deepEqual(kinds(breaks), ['missing_at_provider', 'unknown_account'])
  })

  test('unknown account: money on a clearing account that no rail has', async ({ assert }) => {
    await post({
      reference: 'slip',
      kind: 'suspense_booked',
      postings: [debit('clearing:venmo', usd(700)), credit(accounts.suspense(), usd(700))],
    })
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['unknown_account'])
    assert.equal(breaks[0].subject, 'clearing:venmo')
    assert.equal(breaks[0].amount, 700n)
  })

  test('unexplained remainder: a movement that its amount and fee do not explain', async ({
    assert,
  }) => {
    await fundedProject()
    const provider = listing((row) => [
      isCharge(row) ? { ...row, net: row.net.subtract(usd(50)) } : row,
    ])
    const { breaks } = await reconcile({ provider })
    const [found] = breaks.filter(({ subject }) => subject.startsWith('deposit:'))
    assert.equal(found.kind, 'unexplained_remainder')
    assert.equal(found.difference, -50n)
  })

  test('A remainder that nobody could explain was dropped from the report instead of shown', async ({
    assert,
  }) => {
    await fundedProject()
    // Every movement agrees, and yet 12.34 are gone from our balance.
    const provider = {
      async getBalance() {
        const balances = await stripe.getBalance()
        return balances.map((own) => ({ ...own, available: own.available.subtract(usd(1_234)) }))
      },
    }
    const { run, breaks, told } = await reconcile({ provider })
    assert.deepEqual(kinds(breaks), ['unexplained_remainder'])
    assert.equal(breaks[0].difference, -1_234n)
    assert.include(told[0], '-12.34 USD is left of the balance')
    const [totals] = run.totals
    assert.equal(totals.balance_remainder, -1_234n)
    // Together with what else is wrong, both show, each with its own amount.
    sandbox.topUp(50_000)
    const both = await reconcile({ provider })
    assert.deepEqual(kinds(both.breaks), ['missing_in_ledger', 'unexplained_remainder'])
    assert.equal(both.run.totals[0].balance_remainder, -1_234n)
    assert.equal(both.run.totals[0].balance_breaks, 50_000n)
    // A person who says what it was settles it.
    await post({
      reference: 'explained:balance:case-812',
      kind: 'suspense_booked',
      postings: [
        debit(accounts.suspense(), usd(1_234)),
        credit(accounts.clearing('stripe'), usd(1_234)),
      ],
    })
    const explained = await reconcile({ provider })
    assert.deepEqual(kinds(explained.breaks), ['missing_in_ledger'])
    assert.equal(explained.run.resolved_breaks, 1n)
  })

  test('foreign currency: what nobody can count in is told as the provider writes it, and the run goes on', async ({
    assert,
  }) => {
    const topUp = sandbox.topUp(50_000)
    const [strange] = [
      sandbox.adjustBalance({ amount: -123_456, currency: 'kwd' }),
      sandbox.adjustBalance({ amount: 123_456, currency: 'kwd' }),
    ]
    const { run, breaks, told } = await reconcile()
    assert.equal(run.status, 'finished')
    assert.deepEqual(kinds(breaks), ['foreign_currency', 'foreign_currency', 'missing_in_ledger'])
    assert.isTrue(breaks.some(({ subject }) => subject === `top_up:${topUp}`))
    const found = breaks.find(({ subject }) => subject === `other:${strange}`)!
    assert.deepInclude(found, { kind: 'foreign_currency', currency: 'KWD', difference: 0n })
    assert.equal(found.details.provider?.net, '-123.456')
    assert.include(told.join('\n'), `moved -123.456 KWD (adjustment ${strange})`)
    assert.deepInclude(breakToJson(found), { difference: '-123.456', amount: '123.456' })
    assert.deepEqual(
      run.totals.map(({ currency, balance_remainder: left }) => [currency, left]),
      [['USD', 0n]]
    )
    // Whatever it is worth, it stops payouts until somebody knows.
    const thresholds = { USD: '99999999.00', KWD: '99999999.00' }
    assert.equal(await blockingBreaks(db, 'stripe', thresholds), 2)
    const again = await reconcile()
    assert.equal(again.run.new_breaks, 0n)
  })

  test('every kind has a test above', async ({ assert }) => {
    const titles = group.tests.map(({ title }) => title.toLowerCase().replaceAll(' ', '_'))
    for (const kind of BREAK_KINDS) {
      assert.isTrue(
        titles.some((title) => title.replace('_the_', '_').startsWith(kind)),
        kind
      )
    }
  })
})

test.group('A difference is no break', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })

  test('while our books may still follow the provider', async ({ assert }) => {
    sandbox.topUp(50_000)
    const { told, run } = await reconcile({ graceMinutes: 300 })
    assert.deepEqual(told, [])
    const [totals] = run.totals
    assert.equal(totals.moved_in_flight, 50_000n)
    assert.equal(totals.balance_in_flight, 50_000n)
    assert.equal(totals.balance_remainder, 0n)
  })

  test('while the list may still follow what happened', async ({ assert }) => {
    const { milestone } = await fundedMilestone()
    assert.exists(milestone)
    const provider = {
      ...listing((row) => (isCharge(row) ? [] : [row])),
      balanceTransactionLagMs: 5 * 3_600_000,
    }
    const { told, run } = await reconcile({ provider })
    assert.deepEqual(told, [])
    assert.equal(run.totals[0].moved_in_flight, -(100_000n - 2_930n))
    assert.deepEqual(
      kinds(
        (await reconcile({ provider: { ...provider, balanceTransactionLagMs: 60_000 } })).breaks
      ),
      ['missing_at_provider', 'unexplained_remainder']
    )
  })

  test('while the provider, too, calls pending what we wait for', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ drop: () => true })
    payIn(await aDeposit(client, milestones))
    await db.from('deposits').update({ charge_id: sandbox.charges[0].id })
    const provider = listing((row) => [isCharge(row) ? { ...row, status: 'pending' } : row])
    assert.deepEqual((await reconcile({ provider })).told, [])
    const asOf = DateTime.utc().plus({ days: 40 }).toJSDate()
    assert.deepEqual(kinds((await reconcile({ provider, asOf })).breaks), ['aged_in_transit'])
  })

  test('when two movements of a payment share its id, as at PayPal', async ({ assert }) => {
    const topUp = sandbox.topUp(50_000)
    await treasury('top_up', usd(50_000), topUp)
    await post({
      reference: 'explained:other',
      kind: 'suspense_booked',
      postings: [
        debit(accounts.suspense(), usd(1_000)),
        credit(accounts.clearing('stripe'), usd(1_000)),
      ],
    })
    const provider = listing((row) => {
      if (row.sourceId !== topUp) return [row]
      const other = { ...row, type: 'fee_of_its_own', sourceId: 'other' }
      return [row, { ...other, kind: 'withdrawal', amount: usd(-1_000), net: usd(-1_000) }]
    })
    const balance = async () => [{ currency: 'USD', available: usd(10_049_000), pending: usd(0) }]
    assert.deepEqual((await reconcile({ provider: { ...provider, getBalance: balance } })).told, [])
  })

  test('when pages overlap and show a movement twice', async ({ assert }) => {
    await fundedProject()
    const { told } = await reconcile({ provider: listing((row) => [row, row]) })
    assert.deepEqual(told, [])
  })

  test('when what left came back before we posted either', async ({ assert }) => {
    const gone = (row: ProviderBalanceTransaction): ProviderBalanceTransaction[] => {
      if (row.kind !== 'top_up') return [row]
      const out = {
        ...row,
        id: 'out',
        sourceId: 'unclaimed',
        amount: usd(-9_000),
        net: usd(-9_000),
      }
      const back = { ...out, id: 'back', amount: usd(9_000), net: usd(9_000) }
      return [row, { ...out, kind: 'payout' }, { ...back, kind: 'payout_returned' }]
    }
    assert.deepEqual((await reconcile({ provider: listing(gone) })).told, [])
    const withFee = listing((row) =>
      gone(row).map((each) =>
        each.id === 'out' ? { ...each, fee: usd(25), net: usd(-9_025) } : each
      )
    )
    const { breaks } = await reconcile({ provider: withFee })
    const [fee] = breaks.filter(({ subject }) => subject === 'payout:unclaimed')
    assert.equal(fee.kind, 'fee')
    assert.equal(fee.difference, -25n)
  })

  test('when a fee of its own belongs to a movement that has one', async ({ assert }) => {
    await fundedProject()
    const apart = listing((row) =>
      isCharge(row)
        ? [
            { ...row, fee: usd(0), net: row.amount },
            {
              ...row,
              id: 'fee',
              kind: 'fee',
              amount: usd(-Number(row.fee.minor)),
              fee: usd(0),
              net: usd(-Number(row.fee.minor)),
            },
          ]
        : [row]
    )
    assert.deepEqual((await reconcile({ provider: apart })).told, [])
  })

  test('once a person booked it under its name', async ({ assert }) => {
    const topUp = sandbox.topUp(50_000)
    const { breaks } = await reconcile()
    assert.deepEqual(kinds(breaks), ['missing_in_ledger'])
    await post({
      reference: `explained:${topUp}`,
      kind: 'suspense_booked',
      postings: [
        debit(accounts.clearing('stripe'), usd(50_000)),
        credit(accounts.suspense(), usd(50_000)),
      ],
    })
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.resolved_breaks, 1n)
    assert.equal(run.totals[0].balance_remainder, 0n)
  })

  test('when an entry was reversed that never should have been', async ({ assert }) => {
    await treasury('top_up', usd(50_000), 'tu_wrong')
    assert.deepEqual(kinds((await reconcile()).breaks), ['missing_at_provider'])
    const [{ reference, transaction_id: transactionId }] = await db
      .from('journal_entries')
      .where('kind', 'top_up')
      .orderBy('id', 'desc')
    await post({
      reference: 'reversal:tu_wrong',
      kind: 'reversal',
      transactionId,
      reverses: reference,
      postings: [
        debit(accounts.bank(), usd(50_000)),
        credit(accounts.clearing('stripe'), usd(50_000)),
      ],
    })
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.resolved_breaks, 1n)
  })
})
