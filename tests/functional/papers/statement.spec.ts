import { test } from '@japa/runner'
import fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { formatMinor, Money } from '#ledger/money'
import { balancesOf } from '#ledger/positions'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { manyProjects, queriesOf } from '#tests/support/many_projects'
import { activeProject, fund, fundedProject, pay } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'
import { decided, disputed, freshStart, releaseOf } from '../payments/chargebacks.js'

const COLUMNS = [
  'date',
  'value_date',
  'type',
  'project_id',
  'project',
  'milestone_id',
  'milestone',
  'amount',
  'fee',
  'net',
  'balance',
  'currency',
  'provider',
  'provider_reference',
  'transaction_id',
  'status',
  'journal_reference',
]

type Row = Record<string, string>

const day = (offset: number) => DateTime.utc().plus({ days: offset }).toISODate()

async function statement(user: User, from = day(-1), to = day(1)) {
  const { headers, bytes } = await api(user).file('payments/statement', { query: { from, to } })
  const text = bytes.toString('utf8')
  const rows: Row[] = parse(text, { columns: true, record_delimiter: '\r\n' })
  return {
    headers,
    text,
    rows,
    opening: rows.filter(({ type }) => type === 'opening_balance'),
    closing: rows.filter(({ type }) => type === 'closing_balance'),
    entries: rows.filter(({ type }) => !type.endsWith('_balance')),
  }
}

const cents = (amount: string) => BigInt(amount.replace('.', ''))

/** What a position is in the ledger, as a decimal. */
async function positionOf(user: User, currency = 'USD') {
  const balances = await balancesOf(db, user.userType, user.id)
  const parts = [...(balances.get(currency)?.values() ?? [])]
  return formatMinor(
    parts.reduce((sum, part) => sum + part, 0n),
    currency
  )
}

/** Per currency: opening + every net = closing, and each balance is the one before plus its net. */
function assertAddsUp(
  assert: any,
  { rows, opening, closing }: Awaited<ReturnType<typeof statement>>
) {
  assert.deepEqual(
    opening.map(({ currency }) => currency),
    closing.map(({ currency }) => currency)
  )
  const running = new Map<string, bigint>()
  for (const row of rows) {
    if (row.type === 'opening_balance') running.set(row.currency, cents(row.balance))
    else if (row.type === 'closing_balance') {
      assert.equal(running.get(row.currency), cents(row.balance))
    } else {
      assert.equal(cents(row.net), cents(row.amount) - cents(row.fee))
      assert.notEqual(cents(row.net), 0n)
      running.set(row.currency, running.get(row.currency)! + cents(row.net))
      assert.equal(running.get(row.currency), cents(row.balance), row.journal_reference)
    }
  }
}

const brief = (rows: Row[]) =>
  rows.map(({ type, amount, fee, net, balance }) => [type, amount, fee, net, balance].join(' '))

test.group('Statement', (group) => {
  group.each.setup(() => freshStart())

  test('each side has what was booked for it, line by line, between two balances', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['1000.00', '500.00'] })
    const { client, freelancer, project, milestones } = found
    await releaseOf(found, 0, '333.33')
    await settle()
    const refund = { milestone_id: milestones[1].id, amount: '120.00', reason: 'Less to do.' }
    expectData(await pay(client, 'payments/refund', refund), 201)
    await settle()

    const theirs = await statement(client)
    assert.deepEqual(brief(theirs.rows), [
      'opening_balance    0.00',
      'deposit 1000.00 0.00 1000.00 1000.00',
      'deposit 500.00 0.00 500.00 1500.00',
      'release -333.33 0.00 -333.33 1166.67',
      'refund -120.00 0.00 -120.00 1046.67',
      'closing_balance    1046.67',
    ])
    assert.deepEqual(Object.keys(theirs.rows[0]), COLUMNS)
    const [deposit, second, release] = theirs.entries
    const transaction = await db
      .from('transactions')
      .where('transaction_type', 'deposit')
      .firstOrFail()
    assert.include(deposit, {
      project_id: project.id,
      project: project.title,
      milestone_id: milestones[0].id,
      milestone: 'Part 1',
      currency: 'USD',
      provider: 'stripe',
      provider_reference: transaction.provider_transaction_id,
      transaction_id: transaction.id,
      status: 'completed',
      journal_reference: `deposit:${transaction.id}`,
    })
    assert.equal(second.milestone, 'Part 2')
    assert.match(release.date, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.match(release.value_date, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)

    const own = await statement(freelancer)
    assert.deepEqual(brief(own.rows), [
      'opening_balance    0.00',
      'release 333.33 33.33 300.00 300.00',
      'payout -300.00 0.00 -300.00 0.00',
      'closing_balance    0.00',
    ])
    for (const each of [theirs, own]) assertAddsUp(assert, each)
    assert.equal(await positionOf(client), '1046.67')
    for (const { journal_reference: reference } of [...theirs.entries, ...own.entries]) {
      assert.isNotNull(await db.from('journal_entries').where({ reference }).first())
    }
  })

  test('a lost chargeback takes from both, and one that is won gives back', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['600.00', '400.00'] })
    await releaseOf(found, 0)
    await settle()
    const dispute = await disputed()
    await decided(dispute, 'lost')
    await decided(dispute, 'won')
    await settle()
    const theirs = await statement(found.client)
    assert.deepEqual(brief(theirs.entries), [
      'deposit 600.00 0.00 600.00 600.00',
      'deposit 400.00 0.00 400.00 1000.00',
      'release -600.00 0.00 -600.00 400.00',
      'chargeback -400.00 0.00 -400.00 0.00',
      'chargeback_reversed 400.00 0.00 400.00 400.00',
    ])
    const own = await statement(found.freelancer)
    assert.deepEqual(brief(own.entries), [
      'release 600.00 60.00 540.00 540.00',
      'payout -540.00 0.00 -540.00 0.00',
      'chargeback -540.00 0.00 -540.00 -540.00',
      'chargeback_reversed 540.00 0.00 540.00 0.00',
    ])
    assert.equal(own.entries[2].project, found.project.title)
    for (const each of [theirs, own]) assertAddsUp(assert, each)
  })

  test('a period begins with its first moment and ends before its last', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['10.00'] })
    const at = '2026-03-01T00:00:00.000Z'
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.from('journal_entries').update({ created_at: at })
    })
    const { client } = found
    const before = await statement(client, '2026-02-01', '2026-03-01')
    assert.lengthOf(before.rows, 0)
    const within = await statement(client, '2026-03-01', '2026-04-01')
    assert.deepEqual([within.opening[0].balance, within.closing[0].balance], ['0.00', '10.00'])
    assert.lengthOf(within.entries, 1)
    assert.equal(within.opening[0].date, at)
    const after = await statement(client, '2026-03-01T00:00:00.001Z', '2026-04-01')
    assert.deepEqual([after.opening[0].balance, after.closing[0].balance], ['10.00', '10.00'])
    assert.lengthOf(after.entries, 0)
    // An offset is honoured: this is the same moment.
    const elsewhere = await statement(client, '2026-03-01T01:00:00+01:00', '2026-04-01')
    assert.lengthOf(elsewhere.entries, 1)
  })

  test('is a file to keep: named by its period, CRLF, and safe to open in a spreadsheet', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00'] })
    await releaseOf(found, 0, '1.00')
    for (const title of [
      '=HYPERLINK("http://evil.example","x")',
      '+1+1',
      '-1+1',
      '@SUM(A1)',
      '\tx',
      '\rx',
      '＝1',
      'Plain, with "quotes"\r\nand a line',
    ]) {
      await db.from('projects').update({ title })
      const { headers, text, entries } = await statement(found.client, '2026-01-01', '2027-01-01')
      const safe = title.startsWith('Plain') ? title : `'${title}`
      assert.deepEqual(new Set(entries.map(({ project }) => project)), new Set([safe]))
      assert.equal(entries[1].amount, '-1.00')
      assert.match(headers.get('content-type')!, /^text\/csv; charset=utf-8/)
      assert.equal(
        headers.get('content-disposition'),
        'attachment; filename="safesend-statement-2026-01-01-2027-01-01.csv"'
      )
      assert.equal(headers.get('cache-control'), 'private, no-store')
      assert.isTrue(text.endsWith('\r\n'))
      assert.notMatch(text.replaceAll('\r\n', '').replaceAll('\rx', ''), /[\r\n]/)
    }
    await db.from('projects').update({ title: 'Ελένη Щукин 世界' })
    const { entries } = await statement(found.client)
    assert.equal(entries[0].project, 'Ελένη Щукин 世界')
  })

  test('a period that is none is a 422: {$self}')
    .with([
      'from=2026-03-01',
      'to=2026-03-01',
      'from=2026-03-01&to=2026-03-01',
      'from=2026-03-02&to=2026-03-01',
      'from=2025-01-01&to=2026-01-03',
      'from=yesterday&to=2026-03-01',
      'from=2026-01-01T00:00:00%2B99:99&to=2026-03-01',
      'from=2026-01-01T00:00:00%2B14:01&to=2026-03-01',
      'from=2026-01-01T00:00:00-1500&to=2026-03-01',
      'from=2026-01-01T00:00:00%2B02:60&to=2026-03-01',
      'from=2026-02-30&to=2026-03-01',
      'from=0000-01-01&to=0000-02-01',
      'from=1999-12-31&to=2000-02-01',
      'from=9999999-01-01&to=2026-03-01',
      'from=2026-03-01%00&to=2026-03-02',
      'from[]=2026-03-01&to=2026-03-02',
      "from=2026-03-01'--&to=2026-03-02",
    ])
    .run(async (_, query) => {
      expectProblem(await api(await aClient()).get(`payments/statement?${query}`), 422)
    })

  test('a whole leap year is a period, and others have nothing on theirs', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['10.00'] })
    await statement(found.client, '2024-01-01', '2025-01-01')
    for (const stranger of [await aClient(), await aFreelancer()]) {
      const { rows, text } = await statement(stranger)
      assert.lengthOf(rows, 0)
      assert.equal(text, `${COLUMNS.join(',')}\r\n`)
    }
    expectProblem(await api().get(`payments/statement?from=${day(-1)}&to=${day(1)}`), 401)
  })

  test('thousands of lines come a few hundred at a time, from one moment', async ({ assert }) => {
    const both = { client: await aClient(), freelancer: await aFreelancer() }
    await manyProjects(both, 700)
    let read: Awaited<ReturnType<typeof statement>>
    const queries = await queriesOf(async () => (read = await statement(both.client)))
    assert.lengthOf(read!.entries, 2100)
    assert.equal(read!.closing[0].balance, '21000.00')
    assertAddsUp(assert, read!)
    assert.lengthOf(
      queries.filter((sql) => /^FETCH/.test(sql)),
      5
    )
    assert.lengthOf(
      queries.filter((sql) => /REPEATABLE READ/.test(sql)),
      1
    )
  })

  test('while money moves, each is of one moment: none is without its last lines', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00'] })
    const own = { ...found, milestone: found.milestone.id }
    let more = true
    const moving = (async () => {
      while (more) await booked({ what: 0, minor: 100n, currency: 'USD', days: 0 }, own)
    })()
    const seen = new Set<string>()
    for (let round = 0; round < 15; round++) {
      const read = await statement(found.client)
      assertAddsUp(assert, read)
      seen.add(read.closing[0].balance)
    }
    more = false
    await moving
    assert.isAbove(seen.size, 5)
  })

  test('whatever is booked, whenever: the lines of any period add up to what the ledger says', async ({
    assert,
  }) => {
    const { client, freelancer, milestones } = await activeProject({
      amounts: ['100.00', '200.00'],
    })
    await fund(client, milestones)
    await settle()
    const seen = { from: '2026-01-01', to: day(2) }
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            what: fc.nat(),
            minor: fc.bigInt(1n, 9_999n),
            currency: fc.constantFrom('USD', 'EUR', 'JPY'),
            days: fc.nat(300),
          }),
          { minLength: 1, maxLength: 12 }
        ),
        fc.tuple(fc.nat(300), fc.nat(300)),
        async (movements, [one, other]) => {
          for (const movement of movements) {
            await booked(movement, { client, freelancer, milestone: milestones[0].id })
          }
          const [from, to] = [one, other].sort((a, b) => a - b).map((ago) => -ago)
          for (const user of [client, freelancer]) {
            const whole = await statement(user, ...[seen.from, seen.to])
            assertAddsUp(assert, whole)
            for (const { currency, balance } of whole.closing) {
              assert.equal(balance, await positionOf(user, currency))
            }
            // Cut anywhere, the parts are the whole.
            const [a, b] = [DateTime.utc().plus({ days: from }), DateTime.utc().plus({ days: to })]
            if (a >= b) continue
            const cuts = ['2026-01-01', a.toISO(), b.toISO(), seen.to]
            const parts = []
            for (const [index, cut] of cuts.slice(1).entries()) {
              parts.push(await statement(user, cuts[index], cut))
            }
            parts.forEach((part) => assertAddsUp(assert, part))
            assert.sameMembers(
              parts.flatMap(({ entries }) => entries.map(keyOf)),
              whole.entries.map(keyOf)
            )
            for (const [index, part] of parts.entries()) {
              if (index === 0) continue
              for (const { currency, balance } of part.opening) {
                const before = parts[index - 1].closing.find((each) => each.currency === currency)
                assert.equal(balance, before?.balance ?? formatMinor(0n, currency))
              }
            }
          }
        }
      ),
      { numRuns: 10, seed: Number(process.env.SEED ?? 1) }
    )
  }).setup(async () => {
    // Entries of every kind, without the people who would have to agree on some.
    await db.rawQuery('ALTER TABLE journal_entries DISABLE TRIGGER two_people')
    return () => db.rawQuery('ALTER TABLE journal_entries ENABLE TRIGGER two_people')
  })
})

const keyOf = ({ journal_reference: reference, milestone_id: milestone, net }: Row) =>
  `${reference} ${milestone} ${net}`

let number = 0

/**
 * Books something that the two could have, in some currency and at some time in the last year: any of the
 * kinds of entries that there are, by their own rules.
 */
async function booked(
  { what, minor, currency, days }: { what: number; minor: bigint; currency: string; days: number },
  of: { client: User; freelancer: User; milestone: string }
) {
  const amount = Money.of(minor, currency)
  const half = Money.of(minor / 2n + 1n, currency)
  const whole = amount.add(half)
  const name = `00000000-0000-4000-8000-${String(++number).padStart(12, '0')}`
  const escrow = accounts.escrow(of.milestone)
  const payable = accounts.payable(of.freelancer.id)
  const owed = accounts.refundPayable(of.client.id)
  const receivable = accounts.freelancerReceivable(of.freelancer.id)
  const claim = accounts.chargebackReceivable(name)
  const clearing = accounts.clearing('stripe')
  const move = (
    kind: JournalEntryInput['kind'],
    from: AccountName,
    ...to: [AccountName, Money][]
  ) => ({
    kind,
    postings: [
      debit(
        from,
        to.reduce((sum, [, part]) => sum.add(part), Money.zero(currency))
      ),
      ...to.map(([account, part]) => credit(account, part)),
    ],
  })
  const deposit = move('deposit_captured', clearing, [escrow, whole])
  const withdrawn = move('chargeback_withdrawn', claim, [clearing, whole])
  const release = move('release', escrow, [payable, amount], [accounts.platformFee(), half])
  const stories: Pick<JournalEntryInput, 'kind' | 'postings'>[][] = [
    [deposit],
    [deposit, release],
    [
      deposit,
      release,
      withdrawn,
      move('chargeback_lost', receivable, [claim, amount]),
      move('debt_offset', payable, [receivable, amount]),
    ],
    [move('unapplied_received', clearing, [accounts.unapplied(of.client.id), amount])],
    [
      deposit,
      withdrawn,
      { kind: 'chargeback_lost', postings: [debit(escrow, whole), credit(claim, whole)] },
    ],
    [withdrawn, move('chargeback_lost', receivable, [claim, amount])],
    [
      withdrawn,
      move('chargeback_lost', receivable, [claim, amount]),
      move('debt_written_off', accounts.chargebackLoss(), [receivable, amount]),
    ],
    [move('payout_returned', clearing, [payable, amount])],
    [move('refund_failed', clearing, [owed, amount])],
    [
      move('refund_failed', clearing, [owed, amount]),
      move('refund_paid_by_hand', owed, [accounts.bank(), amount]),
    ],
  ]
  const story = stories[what % stories.length]
  const references = story.map((_, index) => `test:${name}:${index}`)
  await inTransaction((trx) =>
    postEntries(
      trx,
      story.map((entry, index) => ({ ...entry, reference: references[index] }))
    )
  )
  await db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await trx
      .from('journal_entries')
      .whereIn('reference', references)
      .update({ created_at: trx.raw('now() - make_interval(days => ?)', [days]) })
  })
}
