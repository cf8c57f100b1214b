import { test } from '@japa/runner'
import ace from '@adonisjs/core/services/ace'
import db from '@adonisjs/lucid/services/db'
import { escrowTotals, escrowTotalsOfProject } from '#ledger/balances'
import { verifyLedger } from '#ledger/verify'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { bookedFloats } from '#tests/support/floats'
import { settle } from '#tests/support/jobs'
import { fundedProject, pay, type Case } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { corrupt } from './books.js'

/**
 * A project of which every door was used: the first milestone released and paid out, the second
 * refunded, the third released in part and held for the rest; and the float that we put in.
 */
async function playedProject(): Promise<Case> {
  await bookedFloats()
  const found = await fundedProject({ amounts: ['1000.00', '500.00', '200.00'] })
  const [first, second, third] = found.milestones.map(({ id }) => id)
  expectData(await pay(found.client, 'payments/release', { milestone_id: first }), 201)
  expectData(
    await pay(found.client, 'payments/release', { milestone_id: third, amount: '50.00' }),
    201
  )
  expectData(
    await pay(found.client, 'payments/refund', { milestone_id: second, reason: 'Not needed.' }),
    201
  )
  await settle()
  return found
}

/**
 * Of the same people: a payment that was released and then lost to a chargeback, and a release of which all
 * was set off against that, so that a debt is left.
 */
async function chargedBack({ client, freelancer }: Case): Promise<void> {
  const people = { client, freelancer, payable: false }
  const [lost] = (await fundedProject({ ...people, amounts: ['300.00'] })).milestones
  expectData(await pay(client, 'payments/release', { milestone_id: lost.id }), 201)
  await settle()
  const charge = sandbox.charges.findLast(({ payment_intent: intent }) => intent !== null)!
  sandbox.openDispute(charge.id, { status: 'lost' })
  await settle()
  const [next] = (await fundedProject({ ...people, amounts: ['100.00'] })).milestones
  expectData(await pay(client, 'payments/release', { milestone_id: next.id }), 201)
  await settle()
}

test.group('Totals', (group) => {
  group.each.setup(() => resetAll())

  test('of a project and its milestones explain where its money went', async ({ assert }) => {
    const { project, milestones } = await playedProject()
    const totals = await escrowTotals(
      db,
      milestones.map(({ id }) => id)
    )
    assert.deepEqual(
      totals.map((one) =>
        [one.funded, one.released, one.refunded, one.chargedBack, one.held, one.platformFee].map(
          (money) => money.toDecimal()
        )
      ),
      [
        ['1000.00', '1000.00', '0.00', '0.00', '0.00', '100.00'],
        ['500.00', '0.00', '500.00', '0.00', '0.00', '0.00'],
        ['200.00', '50.00', '0.00', '0.00', '150.00', '5.00'],
      ]
    )
    const whole = await escrowTotalsOfProject(db, project.id)
    assert.equal(whole.totalDeposited.toDecimal(), '1700.00')
    assert.equal(whole.totalReleased.toDecimal(), '1050.00')
    assert.equal(whole.totalRefunded.toDecimal(), '500.00')
    assert.equal(whole.totalChargedBack.toDecimal(), '0.00')
    assert.equal(whole.balance.toDecimal(), '150.00')
  })
})

/** What is done to a sound ledger, and the invariant that must notice. */
const CORRUPTIONS: [invariant: string, what: string, statements: string[]][] = [
  [
    'zero_sum',
    'a posting grows',
    [
      `UPDATE postings SET amount = amount + 1 WHERE (account_id, account_seq) = ${posting('release', 'payable')}`,
    ],
  ],
  [
    'entry_balances',
    'two entries are off by the same, each the other way',
    [
      `UPDATE postings SET amount = amount + 1 WHERE (account_id, account_seq) = ${posting('release', 'payable')}`,
      `UPDATE postings SET amount = amount - 1 WHERE (account_id, account_seq) = ${posting('payout_confirmed', 'clearing')}`,
    ],
  ],
  [
    'entry_complete',
    'the postings of an entry vanish',
    [`DELETE FROM postings WHERE entry_id = ${entryOf('provider_fee')}`],
  ],
  [
    'entry_complete',
    'an entry vanishes',
    [`DELETE FROM journal_entries WHERE id = ${entryOf('provider_fee')}`],
  ],
  [
    'entry_unchanged',
    'an entry is moved to another deposit',
    [`UPDATE journal_entries SET deposit_id = NULL WHERE id = ${entryOf('release')}`],
  ],
  [
    'entry_unchanged',
    'a sum is changed everywhere that it is stored',
    [
      `UPDATE postings SET amount = amount + 1, balance_after = balance_after + 1 WHERE entry_id = ${entryOf('opening_float')}`,
      `UPDATE postings p SET balance_after = balance_after + 1 FROM ledger_accounts a
        WHERE a.id = p.account_id AND a.name IN ('bank', 'platform_capital') AND p.entry_id <> ${entryOf('opening_float')}`,
      `UPDATE ledger_accounts SET balance = balance + 1 WHERE name IN ('bank', 'platform_capital')`,
    ],
  ],
  [
    'entry_kind',
    'an entry posts where its kind has no business',
    [
      `UPDATE journal_entries SET kind = 'payout_returned' WHERE id = ${entryOf('deposit_captured')}`,
    ],
  ],
  [
    'posting_currency',
    'a posting changes its currency',
    [
      `UPDATE postings SET currency = 'EUR' WHERE (account_id, account_seq) = ${posting('release', 'payable')}`,
    ],
  ],
  ['posting_currency', 'an account vanishes', [`DELETE FROM ledger_accounts WHERE name = 'bank'`]],
  [
    'stored_balance',
    'a balance drifts',
    [`UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'bank'`],
  ],
  [
    'stored_sequence',
    'a sequence drifts',
    [`UPDATE ledger_accounts SET seq = seq + 1 WHERE name = 'bank'`],
  ],
  ['stored_sequence', 'an account vanishes', [`DELETE FROM ledger_accounts WHERE name = 'bank'`]],
  [
    'posting_chain',
    'a balance in between is wrong',
    [
      `UPDATE postings SET balance_after = balance_after + 1 WHERE (account_id, account_seq) = ${posting('release', 'payable')}`,
    ],
  ],
  [
    'posting_chain',
    'a number is left out',
    [
      `UPDATE postings SET account_seq = account_seq + 100 WHERE (account_id, account_seq) = ${posting('top_up', 'bank')}`,
    ],
  ],
  [
    'account_in_chart',
    'an escrow account is let go negative',
    [`UPDATE ledger_accounts SET may_go_negative = true WHERE kind = 'escrow'`],
  ],
  [
    'account_in_chart',
    'an account changes its side',
    [`UPDATE ledger_accounts SET normal_side = 'debit' WHERE kind = 'platform_fee'`],
  ],
  [
    'not_negative',
    'an escrow account is negative',
    [`UPDATE ledger_accounts SET may_go_negative = true, balance = -1 WHERE kind = 'escrow'`],
  ],
  [
    'not_negative',
    'an account was negative in between',
    [
      `UPDATE postings SET balance_after = -1 WHERE (account_id, account_seq) = ${posting('release', 'payable')}`,
    ],
  ],
  [
    'reversal_mirrors',
    'an entry claims to reverse another',
    [
      `UPDATE journal_entries SET reverses = ${entryOf('deposit_captured')} WHERE id = ${entryOf('provider_fee')}`,
    ],
  ],
  [
    'milestone_explained',
    'escrow left for no known reason',
    [`UPDATE journal_entries SET kind = 'provider_fee' WHERE id = ${entryOf('release')}`],
  ],
  [
    'milestone_explained',
    'held is not what is left',
    [`UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'escrow'`],
  ],
  ['milestone_funded', 'a funded milestone forgets it', [`UPDATE milestones SET funded_at = NULL`]],
  [
    'milestone_funded',
    'a milestone asks for another amount',
    [`UPDATE milestones SET amount = amount + 1`],
  ],
  [
    'milestone_closed',
    'a milestone is closed that still holds money',
    [`UPDATE milestones SET closed_at = now(), closed_reason = 'released' WHERE closed_at IS NULL`],
  ],
  [
    'milestone_closed',
    'a milestone stays open that holds nothing',
    [`UPDATE milestones SET closed_at = NULL, closed_reason = NULL`],
  ],
  [
    'escrow_pays_its_milestone',
    'a release pays for another milestone',
    [
      `UPDATE journal_entries e SET milestone_id = (SELECT m.id FROM milestones m WHERE m.id <> e.milestone_id LIMIT 1) WHERE id = ${entryOf('release')}`,
    ],
  ],
  [
    'escrow_pays_its_milestone',
    'escrow is held for nothing',
    [
      `UPDATE ledger_accounts SET name = 'escrow:nothing' WHERE id = (SELECT min(id) FROM ledger_accounts WHERE kind = 'escrow')`,
    ],
  ],
  ...['deposit', 'release', 'fee', 'refund', 'payout', 'chargeback', 'treasury'].flatMap(
    (type): typeof CORRUPTIONS => [
      [
        'transaction_has_entries',
        `a ${type} says another amount`,
        [`UPDATE transactions SET amount = amount + 1 WHERE transaction_type = '${type}'`],
      ],
      [
        'transaction_has_entries',
        `a ${type} that is booked counts as failed`,
        [`UPDATE transactions SET status = 'failed' WHERE transaction_type = '${type}'`],
      ],
    ]
  ),
  [
    'transaction_has_entries',
    'a completed transaction was never booked',
    [
      `INSERT INTO transactions (transaction_type, payment_provider, rail, status, amount, currency)
        VALUES ('treasury', 'stripe', 'stripe', 'completed', 5, 'USD')`,
    ],
  ],
  [
    'entry_has_transaction',
    'an entry loses its transaction',
    [`UPDATE journal_entries SET transaction_id = NULL WHERE id = ${entryOf('payout_started')}`],
  ],
  [
    'entry_has_transaction',
    'an entry belongs to a transaction of another type',
    [
      `UPDATE journal_entries SET transaction_id = (SELECT id FROM transactions WHERE transaction_type = 'treasury' LIMIT 1) WHERE id = ${entryOf('payout_started')}`,
    ],
  ],
  [
    'release_as_recorded',
    'a release says another fee',
    ['UPDATE releases SET fee = fee + 1, net = net - 1 WHERE debt_offset = 0'],
  ],
  ['release_as_recorded', 'a release vanishes', ['DELETE FROM releases']],
  [
    'release_as_recorded',
    'a release was never booked',
    [`UPDATE journal_entries SET kind = 'resolution_' WHERE id = ${entryOf('release')}`],
  ],
  [
    'dispute_as_settled',
    'a dispute counts as settled that never was',
    [
      `INSERT INTO disputes (milestone_id, opened_by, respondent_id, reason, asked_amount, currency, status,
           closed_at, settled_how, to_freelancer, to_client)
         SELECT m.id, p.client_id, p.freelancer_id, 'Any.', 5, 'USD', 'settled', now(), 'offer', 5, 5
           FROM milestones m JOIN projects p ON p.id = m.project_id LIMIT 1`,
    ],
  ],
  [
    'in_transit_is_pending',
    'a refund counts as pending that has arrived',
    [`UPDATE transactions SET status = 'pending' WHERE transaction_type = 'refund'`],
  ],
  [
    'in_transit_is_pending',
    'a payout counts as on its way that has arrived',
    [
      `UPDATE transactions SET status = 'pending' WHERE transaction_type = 'payout'`,
      `UPDATE payouts SET state = 'in_transit'`,
    ],
  ],
  [
    'release_paid_out',
    'a payout shrinks',
    [`UPDATE transactions SET amount = amount - 1 WHERE transaction_type = 'payout'`],
  ],
  [
    'release_paid_out',
    'a payout vanishes',
    [`DELETE FROM payouts WHERE release_id = (SELECT min(release_id::text)::uuid FROM payouts)`],
  ],
  [
    'release_paid_out',
    'a release forgets what was set off of it',
    ['UPDATE releases SET debt_offset = 0'],
  ],
  [
    'payable_covers_payouts',
    'a payout waits that was paid',
    [
      `UPDATE transactions SET status = 'pending' WHERE transaction_type = 'payout'`,
      `UPDATE payouts SET state = 'waiting'`,
    ],
  ],
  [
    'repaid_within_returned',
    'more of a payout is sent again than came back',
    [
      'UPDATE payouts SET repays_id = transaction_id, release_id = NULL, chargeback_id = NULL, returned_amount = 0',
    ],
  ],
  [
    'debt_offset_at_once',
    'somebody who owes us is owed',
    [`UPDATE ledger_accounts SET balance = 5 WHERE kind = 'payable'`],
  ],
  [
    'chargeback_settled',
    'a claim is left of a chargeback that is over',
    [`UPDATE ledger_accounts SET balance = 5 WHERE kind = 'chargeback_receivable'`],
  ],
  [
    'chargeback_settled',
    'a claim belongs to no chargeback',
    [
      `UPDATE ledger_accounts SET name = 'chargeback_receivable:nothing', balance = 5 WHERE kind = 'chargeback_receivable'`,
    ],
  ],
  [
    'loss_within_release',
    'a chargeback takes more than was released',
    ['UPDATE releases SET net = net - 1, fee = fee + 1 WHERE debt_offset = 0'],
  ],
  [
    'failed_refund_is_owed',
    'a refund counts as failed that has arrived',
    [`UPDATE transactions SET status = 'failed' WHERE transaction_type = 'refund'`],
  ],
  [
    'in_transit_is_pending',
    'money is on its way for nothing',
    [
      `UPDATE ledger_accounts SET name = 'payout_in_transit:nothing', balance = 5
        WHERE id = (SELECT min(id) FROM ledger_accounts WHERE kind = 'payout_in_transit')`,
    ],
  ],
]

const TABLES = [
  'ledger_accounts',
  'journal_entries',
  'postings',
  'transactions',
  'milestones',
  'releases',
  'payouts',
  'disputes',
]

test.group('reconcile:ledger', (group) => {
  group.setup(async () => {
    await resetAll()
    await chargedBack(await playedProject())
    for (const table of TABLES) await db.rawQuery(`CREATE TABLE sound_${table} AS TABLE ${table}`)
    return async () => {
      for (const table of TABLES) await db.rawQuery(`DROP TABLE sound_${table}`)
    }
  })
  group.each.teardown(() =>
    corrupt(
      ...TABLES.flatMap((table) => [
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE TABLE sound_${table}`,
      ])
    )
  )

  test('finds nothing in a ledger that nobody tampered with', async ({ assert }) => {
    const { ok, breaks, examined } = await verifyLedger()
    assert.deepEqual(breaks, [])
    assert.isTrue(ok)
    assert.isAbove(Number(examined.entries), 10)
  })

  test('{0} notices when {1}')
    .with(CORRUPTIONS)
    .run(async ({ assert }, [invariant, , statements]) => {
      await corrupt(...statements)
      const { ok, breaks, checks } = await verifyLedger()
      assert.isFalse(ok)
      const found = breaks.filter((one) => one.invariant === invariant)
      assert.isNotEmpty(found)
      assert.equal(checks.find((check) => check.invariant === invariant)!.breaks, found.length)
      for (const one of found) {
        assert.isNotEmpty(one.subject)
        assert.notEqual(one.expected, one.actual)
        assert.notInclude(one.message, '{')
      }
    })

  test('is tested with a break of every invariant', async ({ assert }) => {
    const { checks } = await verifyLedger()
    assert.sameMembers(
      [...new Set(CORRUPTIONS.map(([invariant]) => invariant))],
      checks.map(({ invariant }) => invariant)
    )
  })

  test('finds entries that are off against each other, though the whole ledger is balanced', async ({
    assert,
  }) => {
    await corrupt(...CORRUPTIONS.find(([invariant]) => invariant === 'entry_balances')![2])
    const { breaks } = await verifyLedger()
    assert.isFalse(breaks.some(({ invariant }) => invariant === 'zero_sum'))
  })

  test('exits with 0 for a sound ledger and with 1 for a broken one, and tells both in JSON', async ({
    assert,
  }) => {
    ace.ui.switchMode('raw')
    try {
      const sound = await ace.exec('reconcile:ledger', ['--json'])
      assert.equal(sound.exitCode, 0)
      assert.isTrue(JSON.parse(lastLog()).ok)

      await corrupt(`UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'bank'`)
      const broken = await ace.exec('reconcile:ledger', ['--json'])
      assert.equal(broken.exitCode, 1)
      const { ok, breaks } = JSON.parse(lastLog())
      assert.isFalse(ok)
      assert.deepEqual(breaks, [
        {
          invariant: 'stored_balance',
          subject: 'bank (USD, stripe 0)',
          expected: '0.00 USD',
          actual: '0.01 USD',
          message: 'The account stores a balance of 0.01 USD, its postings add up to 0.00 USD.',
        },
      ])
      const printed = await ace.exec('reconcile:ledger', [])
      assert.equal(printed.exitCode, 1)
    } finally {
      ace.ui.switchMode('normal')
    }
  })
})

function lastLog(): string {
  return ace.ui.logger.getLogs().at(-1)!.message
}

/** The first entry of a kind, as a subquery. */
function entryOf(kind: string): string {
  return `(SELECT min(id) FROM journal_entries WHERE kind = '${kind}')`
}

/** Its posting to the account of a kind, as a subquery. */
function posting(entryKind: string, accountKind: string): string {
  return `(SELECT p.account_id, p.account_seq FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
    WHERE p.entry_id = ${entryOf(entryKind)} AND a.kind = '${accountKind}')`
}
