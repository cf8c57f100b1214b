import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import {
  credit,
  debit,
  InsufficientFunds,
  ReferenceReused,
  UnbalancedEntry,
  UnknownAccount,
  type JournalEntryInput,
} from '#ledger/post_entries'
import { truncateAll } from '#tests/support/database'
import { balance, deposited, entry, post, refusedWith, released, usd } from './books.js'

const MAY_NOT_GO_NEGATIVE: [string, (id: string) => AccountName][] = [
  ['escrow', accounts.escrow],
  ['payable', accounts.payable],
  ['payout in transit', accounts.payoutInTransit],
  ['refund in transit', accounts.refundInTransit],
  ['refund payable', accounts.refundPayable],
  ['unapplied', accounts.unapplied],
  ['freelancer receivable', accounts.freelancerReceivable],
  ['chargeback receivable', accounts.chargebackReceivable],
]

/** Takes money out of an account, whichever side that is, in an entry that its kind allows. */
function overdrawn(account: AccountName): JournalEntryInput {
  const clearing = accounts.clearing('stripe')
  switch (account.split(':')[0]) {
    case 'escrow':
      return entry('release', [[account, 1]], [[accounts.platformFee(), 1]])
    case 'payable':
      return entry('payout_started', [[account, 1]], [[accounts.payoutInTransit('p'), 1]])
    case 'payout_in_transit':
      return entry('payout_confirmed', [[account, 1]], [[clearing, 1]])
    case 'refund_in_transit':
      return entry('refund_succeeded', [[account, 1]], [[clearing, 1]])
    case 'freelancer_receivable':
      return entry('debt_recovered', [[clearing, 1]], [[account, 1]])
    case 'chargeback_receivable':
      return entry('chargeback_won', [[clearing, 1]], [[account, 1]])
    default:
      return entry('refund_started', [[account, 1]], [[accounts.refundInTransit('r'), 1]])
  }
}

test.group('Posting', (group) => {
  group.each.setup(() => truncateAll())

  test('an entry moves the balances of its accounts, each on its normal side', async ({
    assert,
  }) => {
    const [milestone, freelancer] = [randomUUID(), randomUUID()]
    const [deposit, release] = await post(
      deposited(milestone, 100_000),
      released(milestone, freelancer, { net: 90_000, fee: 10_000 })
    )
    assert.isTrue(deposit.inserted && release.inserted)
    assert.isAbove(Number(release.id), Number(deposit.id))
    assert.equal(await balance(accounts.clearing('stripe')), 100_000n)
    assert.equal(await balance(accounts.escrow(milestone)), 0n)
    assert.equal(await balance(accounts.payable(freelancer)), 90_000n)
    assert.equal(await balance(accounts.platformFee()), 10_000n)
  })

  test('every posting tells its place in the account and the balance after it', async ({
    assert,
  }) => {
    const milestone = randomUUID()
    await post(deposited(milestone, 500))
    await post(
      released(milestone, 'f', { net: 90, fee: 10 }),
      released(milestone, 'f', { net: 180, fee: 20 })
    )
    const { rows } = await db.rawQuery(
      `SELECT p.account_seq, p.direction, p.amount, p.balance_after
        FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
        WHERE a.name = ? ORDER BY p.account_seq`,
      [accounts.escrow(milestone)]
    )
    assert.deepEqual(
      rows.map((row: Record<string, unknown>) => Object.values(row)),
      [
        [1n, 'credit', 500n, 500n],
        [2n, 'debit', 100n, 400n],
        [3n, 'debit', 200n, 200n],
      ]
    )
  })

  test('amounts beyond what a float can hold stay exact', async ({ assert }) => {
    const milestone = randomUUID()
    const huge = 9_007_199_254_740_993n
    await post(
      entry(
        'deposit_captured',
        [[accounts.clearing('stripe'), huge]],
        [[accounts.escrow(milestone), huge]]
      )
    )
    assert.equal(await balance(accounts.escrow(milestone)), huge)
  })

  test('posting the same entry again changes nothing and names the first', async ({ assert }) => {
    const milestone = randomUUID()
    const deposit = deposited(milestone, 1_000, { eventAt: new Date('2026-01-01T00:00:00Z') })
    const [first] = await post(deposit)
    const [again] = await post({
      ...deposit,
      eventAt: new Date('2026-01-02T00:00:00Z'),
      postings: deposit.postings.toReversed(),
    })
    assert.deepEqual(again, { ...first, inserted: false })
    assert.equal(await balance(accounts.escrow(milestone)), 1_000n)
  })

  test('a call that repeats one entry and brings another posts only the other', async ({
    assert,
  }) => {
    const milestone = randomUUID()
    const deposit = deposited(milestone, 1_000)
    await post(deposit)
    const answer = await post(deposit, released(milestone, 'f', { net: 900, fee: 100 }))
    assert.deepEqual(
      answer.map((row) => row.inserted),
      [false, true]
    )
    assert.equal(await balance(accounts.escrow(milestone)), 0n)
  })

  test('an entry that was posted is not refused on repetition because the money has left since', async ({
    assert,
  }) => {
    const milestone = randomUUID()
    const release = released(milestone, 'f', { net: 900, fee: 100 })
    await post(deposited(milestone, 1_000), release)
    const [again] = await post(release)
    assert.isFalse(again.inserted)
  })

  test('the same reference with other content is refused: {name}')
    .with([
      {
        name: 'amount',
        change: (e: JournalEntryInput) => ({ ...deposited('m', 2), reference: e.reference }),
      },
      {
        name: 'account',
        change: (e: JournalEntryInput) => ({ ...deposited('n', 1), reference: e.reference }),
      },
      { name: 'kind', change: (e: JournalEntryInput) => ({ ...e, kind: 'reversal' as const }) },
      {
        name: 'currency',
        change: (e: JournalEntryInput) => ({
          ...e,
          postings: e.postings.map((p) => ({ ...p, amount: Money.of(p.amount.minor, 'EUR') })),
        }),
      },
    ])
    .run(async ({ assert }, { change }) => {
      const deposit = deposited('m', 1)
      await post(deposit)
      const error = await assertRejects(post(change(deposit)))
      assert.instanceOf(error, ReferenceReused)
      assert.equal((error as ReferenceReused).subject, deposit.reference)
      assert.equal(await balance(accounts.clearing('stripe')), 1n)
    })

  test('an entry that does not balance is refused', async ({ assert }) => {
    const error = await assertRejects(
      post(
        entry(
          'deposit_captured',
          [[accounts.clearing('stripe'), 100]],
          [[accounts.escrow('m'), 99]]
        )
      )
    )
    assert.instanceOf(error, UnbalancedEntry)
    assert.equal(await balance(accounts.clearing('stripe')), 0n)
  })

  test('an entry must balance in each currency, not over all of them', async ({ assert }) => {
    const error = await assertRejects(
      post({
        reference: randomUUID(),
        kind: 'deposit_captured',
        postings: [
          debit(accounts.clearing('stripe'), usd(100)),
          credit(accounts.escrow('m'), Money.of(100n, 'EUR')),
        ],
      })
    )
    assert.instanceOf(error, UnbalancedEntry)
  })

  test('an entry with one line or none is refused', async ({ assert }) => {
    assert.isTrue(await fails(post(entry('deposit_captured', [], []))))
    assert.isTrue(
      await fails(post(entry('deposit_captured', [[accounts.clearing('stripe'), 1]], [])))
    )
  })

  test('an amount of zero or less is refused', async ({ assert }) => {
    for (const amount of [0, -5]) assert.isTrue(await fails(post(deposited('m', amount))))
    assert.equal(await balance(accounts.clearing('stripe')), 0n)
  })

  test('one account per currency: dollars do not pay for euros', async ({ assert }) => {
    const milestone = randomUUID()
    await post(deposited(milestone, 100))
    const euro = Money.of(100n, 'EUR')
    const error = await assertRejects(
      post({
        reference: randomUUID(),
        kind: 'release',
        postings: [debit(accounts.escrow(milestone), euro), credit(accounts.payable('f'), euro)],
      })
    )
    assert.instanceOf(error, InsufficientFunds)
  })

  test('nothing may go below zero on {0}')
    .with(MAY_NOT_GO_NEGATIVE)
    .run(async ({ assert }, [, account]) => {
      const name = account(randomUUID())
      const error = await assertRejects(post(overdrawn(name)))
      assert.instanceOf(error, InsufficientFunds)
      assert.equal((error as InsufficientFunds).account, name)
      assert.equal(await balance(name), 0n)
    })

  test('not even for a moment within one call', async ({ assert }) => {
    const milestone = randomUUID()
    const error = await assertRejects(
      post(released(milestone, 'f', { net: 90, fee: 10 }), deposited(milestone, 100))
    )
    assert.instanceOf(error, InsufficientFunds)
  })

  test('clearing, bank, revenue, expense, capital and suspense may go either way', async ({
    assert,
  }) => {
    await post(
      entry('withdrawal', [[accounts.bank(), 500]], [[accounts.clearing('stripe'), 500]]),
      entry('top_up', [[accounts.clearing('stripe'), 700]], [[accounts.bank(), 700]]),
      entry('suspense_booked', [[accounts.suspense(), 5]], [[accounts.bank(), 5]])
    )
    assert.equal(await balance(accounts.bank()), -205n)
    assert.equal(await balance(accounts.suspense()), -5n)
    assert.equal(await balance(accounts.clearing('stripe')), 200n)
  })

  test('a striped account may have more taken from one stripe than is on it', async ({
    assert,
  }) => {
    await post(
      entry('provider_fee', [[accounts.providerFee(), 9]], [[accounts.clearing('stripe'), 9]])
    )
    assert.equal(await balance(accounts.clearing('stripe')), -9n)
  })

  test('an account outside the chart is refused: {$self}')
    .with(['savings', 'escrow', 'escrow:', 'platform_fee:me', 'escrow:a b', 'bank:x'])
    .run(async ({ assert }, name) => {
      const code = await refusedWith(
        `INSERT INTO ledger_accounts (name, currency, kind, normal_side, may_go_negative)
          VALUES (?, 'USD', 'bank', 'debit', true)`,
        [name]
      )
      assert.equal(code, 'SL005')
    })

  test('an entry touches the accounts of its kind only', async ({ assert }) => {
    const error = await assertRejects(
      post(entry('release', [[accounts.escrow('m'), 1]], [[accounts.clearing('stripe'), 1]]))
    )
    assert.instanceOf(error, UnknownAccount)
  })

  test('a reversal must mirror what it reverses, once', async ({ assert }) => {
    const milestone = randomUUID()
    const deposit = deposited(milestone, 100)
    await post(deposit)
    const mirrored = (minor: number, reverses = deposit.reference) =>
      entry(
        'reversal',
        [[accounts.escrow(milestone), minor]],
        [[accounts.clearing('stripe'), minor]],
        { reverses }
      )
    assert.instanceOf(await assertRejects(post(mirrored(99))), UnbalancedEntry)
    assert.instanceOf(await assertRejects(post(mirrored(100, 'nothing'))), UnbalancedEntry)
    const [{ inserted }] = await post(mirrored(100))
    assert.isTrue(inserted)
    assert.equal(await balance(accounts.escrow(milestone)), 0n)
    await post(deposited(milestone, 100))
    assert.isTrue(await fails(post(mirrored(100))))
  })

  test('a refused entry takes the others of its call with it', async ({ assert }) => {
    await assertRejects(post(deposited('m', 100), released('n', 'f', { net: 9, fee: 1 })))
    assert.equal(await balance(accounts.escrow('m')), 0n)
  })
})

test.group('The database refuses, whoever asks', (group) => {
  const milestone = randomUUID()

  group.each.setup(async () => {
    await truncateAll()
    await post(deposited(milestone, 1_000))
  })

  test('{0}')
    .with([
      ['to change an entry', "UPDATE journal_entries SET kind = 'release'", 'SL004'],
      ['to change a posting', 'UPDATE postings SET amount = amount + 1', 'SL004'],
      [
        'to change nothing of the postings',
        'UPDATE postings SET amount = amount WHERE false',
        'SL004',
      ],
      ['to delete an entry', 'DELETE FROM journal_entries', 'SL004'],
      ['to delete a posting', 'DELETE FROM postings', 'SL004'],
      ['to delete an account', 'DELETE FROM ledger_accounts', 'SL004'],
      ['to empty the entries', 'TRUNCATE journal_entries', 'SL004'],
      ['to empty the postings', 'TRUNCATE postings', 'SL004'],
      ['to empty the accounts', 'TRUNCATE ledger_accounts', 'SL004'],
      [
        'to move a balance without postings',
        'UPDATE ledger_accounts SET balance = balance + 1',
        'SL006',
      ],
      ['to move a sequence without postings', 'UPDATE ledger_accounts SET seq = seq + 1', 'SL006'],
      ['to turn a sequence back', 'UPDATE ledger_accounts SET seq = seq - 1', 'SL006'],
      [
        'to rename an account',
        "UPDATE ledger_accounts SET name = 'bank' WHERE kind = 'escrow'",
        'SL004',
      ],
      [
        'to let an account go negative',
        'UPDATE ledger_accounts SET may_go_negative = true',
        'SL004',
      ],
      [
        'an account that starts with money',
        "INSERT INTO ledger_accounts (name, currency, balance) VALUES ('bank', 'USD', 5)",
        'SL006',
      ],
      [
        'a stripe that the chart does not have',
        "INSERT INTO ledger_accounts (name, currency, stripe) VALUES ('bank', 'USD', 1)",
        'SL005',
      ],
      [
        'an entry without postings',
        "INSERT INTO journal_entries (reference, kind, content_hash, posting_count) VALUES ('x', 'release', sha256(''), 2)",
        'SL003',
      ],
      [
        'a posting without an entry',
        "INSERT INTO postings SELECT id, seq + 1, 0, 1, 'debit', 1, 'USD', balance - 1 FROM ledger_accounts WHERE kind = 'escrow'",
        'SL004',
      ],
      [
        'a further line for an entry',
        `WITH moved AS (UPDATE ledger_accounts SET seq = seq + 1, balance = balance + 1 RETURNING *)
          INSERT INTO postings
            SELECT m.id, m.seq, e.id, 2 + row_number() OVER (), m.normal_side, 1, 'USD', m.balance
            FROM moved m, journal_entries e`,
        'SL004',
      ],
      [
        'the same line twice',
        `WITH moved AS (UPDATE ledger_accounts SET seq = seq + 1, balance = balance + 1 RETURNING *)
          INSERT INTO postings
            SELECT m.id, m.seq, e.id, 1, m.normal_side, 1, 'USD', m.balance FROM moved m, journal_entries e`,
        '23505',
      ],
    ])
    .run(async ({ assert }, [, sql, sqlstate]) => {
      assert.equal(await refusedWith(sql), sqlstate)
      assert.equal(await balance(accounts.escrow(milestone)), 1_000n)
    })

  test('an entry written by hand, unless all of it fits: {0}')
    .with([
      ['as it should be', {}, undefined],
      ['does not balance', { credited: 9 }, 'SL003'],
      ['posts in a currency that is not the account’s', { currency: 'EUR' }, 'SL006'],
      ['claims a balance that is none', { after: 1_011 }, 'SL006'],
      ['leaves a gap in the sequence', { seq: 3 }, 'SL006'],
      ['says it has more lines', { count: 3 }, 'SL003'],
      ['moves the account by something else', { moved: 11 }, 'SL006'],
      ['leaves the account as it was', { moved: 0 }, 'SL006'],
    ] as [string, ByHand, string | undefined][])
    .run(async ({ assert }, [, change, sqlstate]) => {
      assert.equal(await refusedWith(byHand(change)), sqlstate)
      assert.equal(await balance(accounts.escrow(milestone)), sqlstate ? 1_000n : 1_010n)
    })
})

interface ByHand {
  credited?: number
  currency?: string
  after?: number
  seq?: number
  count?: number
  moved?: number
}

/** 0.10 more on clearing and escrow, without the posting function. */
function byHand({
  credited = 10,
  currency = 'USD',
  after,
  seq = 2,
  count = 2,
  moved = 10,
}: ByHand) {
  return `
    WITH entry AS (
      INSERT INTO journal_entries (reference, kind, content_hash, posting_count)
        VALUES ('by hand', 'deposit_captured', sha256(''), ${count}) RETURNING id
    ), account AS (SELECT * FROM ledger_accounts),
    moved AS (
      UPDATE ledger_accounts SET balance = balance + ${moved}, seq = seq + ${moved === 0 ? 0 : seq - 1}
    )
    INSERT INTO postings
      SELECT a.id, ${seq}, entry.id, row_number() OVER (ORDER BY a.kind), a.normal_side,
          CASE a.kind WHEN 'escrow' THEN ${credited} ELSE 10 END, '${currency}',
          ${after ?? `a.balance + CASE a.kind WHEN 'escrow' THEN ${credited} ELSE 10 END`}
        FROM account a, entry`
}

async function assertRejects(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It was expected to be refused and was not.')
}

async function fails(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true
  )
}
