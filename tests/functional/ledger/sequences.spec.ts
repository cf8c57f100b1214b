import { test } from '@japa/runner'
import fc from 'fast-check'
import { accounts, kindOf, type AccountName } from '#ledger/chart_of_accounts'
import { InsufficientFunds, type JournalEntryInput } from '#ledger/post_entries'
import { verifyLedger } from '#ledger/verify'
import { truncateAll } from '#tests/support/database'
import { balance, deposited, entry, post, released } from './books.js'

const MILESTONES = ['m1', 'm2']
const FREELANCERS = ['f1', 'f2']

/** What the ledger proves of itself; the entries here belong to no milestone or transaction. */
const OWN_INVARIANTS = new Set([
  'zero_sum',
  'entry_balances',
  'entry_complete',
  'entry_unchanged',
  'entry_kind',
  'posting_currency',
  'stored_balance',
  'stored_sequence',
  'posting_chain',
  'account_in_chart',
  'not_negative',
  'reversal_mirrors',
])

const MAY_GO_NEGATIVE = new Set(['clearing', 'bank', 'platform_fee'])
const DEBIT_IS_PLUS = new Set(['clearing', 'bank'])

const amount = fc.integer({ min: 1, max: 1_000 })
const operation: fc.Arbitrary<JournalEntryInput> = fc
  .record({
    what: fc.constantFrom('deposit', 'release', 'refund', 'payout', 'top_up', 'withdrawal'),
    milestone: fc.constantFrom(...MILESTONES),
    freelancer: fc.constantFrom(...FREELANCERS),
    net: amount,
    fee: amount,
    reference: fc.uuid().map((id) => `property:${id}`),
  })
  .map(({ what, milestone, freelancer, net, fee, reference }) => {
    const more = { reference }
    const clearing = accounts.clearing('stripe')
    switch (what) {
      case 'deposit':
        return deposited(milestone, net + fee, more)
      case 'release':
        return released(milestone, freelancer, { net, fee }, more)
      case 'refund':
        return entry(
          'refund_started',
          [[accounts.escrow(milestone), net]],
          [[accounts.refundInTransit('r'), net]],
          more
        )
      case 'payout':
        return entry(
          'payout_started',
          [[accounts.payable(freelancer), net]],
          [[accounts.payoutInTransit('p'), net]],
          more
        )
      case 'top_up':
        return entry('top_up', [[clearing, net]], [[accounts.bank(), net]], more)
      default:
        return entry('withdrawal', [[accounts.bank(), net]], [[clearing, net]], more)
    }
  })

/** A call of several entries, some calls more than once. */
const calls = fc.array(
  fc.record({
    entries: fc.array(operation, { minLength: 1, maxLength: 3 }),
    repeated: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 }
)

/** A ledger as a bookkeeper thinks of it: names and sums. */
class Model {
  balances = new Map<AccountName, bigint>()

  /** @returns false and changes nothing if an account would be overdrawn on the way */
  post(entries: JournalEntryInput[]): boolean {
    const next = new Map(this.balances)
    for (const { postings } of entries) {
      for (const { account, direction, amount: money } of postings) {
        const plus = DEBIT_IS_PLUS.has(kindOf(account)) === (direction === 'debit')
        const after = (next.get(account) ?? 0n) + (plus ? money.minor : -money.minor)
        if (after < 0n && !MAY_GO_NEGATIVE.has(kindOf(account))) return false
        next.set(account, after)
      }
    }
    this.balances = next
    return true
  }
}

test.group('Any sequence of postings', () => {
  test('leaves what a bookkeeper would have, and a ledger that proves itself', async ({
    assert,
  }) => {
    await fc.assert(
      fc.asyncProperty(calls, async (sequence) => {
        await truncateAll()
        const model = new Model()
        for (const { entries, repeated } of sequence) {
          const accepted = model.post(entries)
          for (let times = repeated ? 2 : 1; times > 0; times--) {
            const outcome = await post(...entries).catch((error) => error)
            if (accepted) assert.isArray(outcome)
            else assert.instanceOf(outcome, InsufficientFunds)
          }
        }
        for (const [account, expected] of model.balances) {
          assert.equal(await balance(account), expected, account)
        }
        const { breaks } = await verifyLedger()
        assert.deepEqual(
          breaks.filter(({ invariant }) => OWN_INVARIANTS.has(invariant)),
          []
        )
      }),
      { numRuns: process.env.LONG ? 500 : 15 }
    )
  }).timeout(process.env.LONG ? 600_000 : 60_000)
})
