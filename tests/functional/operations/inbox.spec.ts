import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import backfillInbox from '#jobs/backfill_inbox'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  pay,
  payIn,
  submittedMilestone,
} from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { BY, run } from './run.js'

/** Every posting there is, as text, to compare the books before and after. */
async function books() {
  const rows = await db
    .from('postings as p')
    .join('ledger_accounts as a', 'a.id', 'p.account_id')
    .join('journal_entries as e', 'e.id', 'p.entry_id')
    .select('e.reference', 'a.name', 'p.direction', 'p.amount')
  return rows.map((row) => `${row.reference} ${row.direction} ${row.name} ${row.amount}`).sort()
}

/** Starts a deposit and pays it, as the client's browser would. */
async function paid(client: User, milestones: Milestone[]) {
  const deposit = await aDeposit(client, milestones)
  sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
}

const told = (user: { id: string }, kind: string) =>
  db.from('notifications').where('user_id', user.id).where('kind', kind)

test.group('inbox:replay', (group) => {
  group.each.setup(() => resetAll())

  test('processes what was handled before once more, and changes nothing', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const before = await books()
    const notifications = await db.from('notifications')
    const replay = await run('inbox:replay', '--rail', 'stripe', '--json', ...BY)
    assert.equal(replay.exitCode, 0)
    assert.isAbove(replay.json.events, 5)
    assert.equal(replay.json.failed, 0)
    for (const row of replay.json.rows) assert.equal(row.after, row.before, row.type)
    assert.deepEqual(await books(), before)
    assert.lengthOf(await db.from('notifications'), notifications.length)
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('brings in what failed when it came', async ({ assert }) => {
    const { client, milestones, milestone } = await activeProject()
    sandbox.failNext('GET /v1/payment_intents/{intent}', { at: 'before', with: 500, times: 50 })
    const deposit = await aDeposit(client, milestones)
    sandbox.failNext('GET /v1/charges/{charge}', { at: 'before', with: 500, times: 50 })
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    await sandbox.flushWebhooks()
    await drain({ mayFail: true })
    sandbox.clearFaults()
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')

    const listed = await run('inbox:replay', '--status', 'failed', '--dry-run', '--json')
    assert.isAbove(listed.json.events, 0)
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00', 'a dry run does nothing')
    const replay = await run('inbox:replay', '--status', 'failed', '--json', ...BY)
    assert.equal(replay.exitCode, 0)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.lengthOf(await db.from('inbox_events').where('status', 'failed'), 0)
    assert.deepEqual(await breaks(), [])
  })

  test('takes ids of ours and the provider, types and times, and tells what is not there', async ({
    assert,
  }) => {
    await fundedMilestone()
    const [first, second] = await db.from('inbox_events').orderBy('id')
    const some = await run(
      'inbox:replay',
      first.id,
      second.event_id,
      'evt_nowhere',
      '--json',
      ...BY
    )
    assert.equal(some.exitCode, 1)
    assert.deepEqual(
      some.json.rows.map((row: { id: string }) => row.id),
      [first.id, second.id]
    )
    assert.deepEqual(some.json.not_found, ['evt_nowhere'])
    const lines = await db
      .from('audit_log')
      .join('audit_words', 'audit_words.audit_id', 'audit_log.id')
      .orderBy('audit_log.id')
    assert.deepEqual(
      lines.map((line) => [
        line.action,
        line.target_id,
        line.actor_type,
        line.operator,
        line.reason,
      ]),
      [first.id, second.id].map((id) => [
        'inbox.replayed',
        id,
        'operator',
        'Vera Stein',
        'Ticket 812',
      ])
    )
    const types = await run('inbox:replay', '--type', 'charge.*', '--since', '1h', '--json', ...BY)
    assert.isAbove(types.json.events, 0)
    for (const row of types.json.rows) assert.match(row.type, /^charge\./)
    const one = await run('inbox:replay', '--type', 'payment_intent.succeeded', '--json', ...BY)
    assert.equal(one.json.events, 1)
    await db.from('inbox_events').update({ received_at: db.raw(`now() - interval '3 hours'`) })
    assert.equal((await run('inbox:replay', '--since', '2h', '--json', ...BY)).json.events, 0)
    assert.match(
      (await run('inbox:replay', '--since', '1d', ...BY)).output,
      /events processed, 0 failed/
    )
  })

  test('one that cannot be processed any more exits with 1, and is not retried for ever', async ({
    assert,
  }) => {
    await fundedMilestone()
    const event = await db
      .from('inbox_events')
      .where('type', 'payment_intent.succeeded')
      .firstOrFail()
    sandbox.failNext('GET /v1/payment_intents/{intent}', { at: 'before', with: 500, times: 5 })
    const replay = await run('inbox:replay', event.event_id, '--json', ...BY)
    sandbox.clearFaults()
    assert.equal(replay.exitCode, 1)
    assert.equal(replay.json.failed, 1)
    assert.isNotEmpty(replay.json.rows[0].error)
    const { status } = await db.from('inbox_events').where('id', event.id).firstOrFail()
    assert.equal(status, 'handled')
  })

  test('without any choice, or with an odd one, it does nothing and exits with 2', async ({
    assert,
  }) => {
    for (const [argv, says] of [
      [[], /Name events/],
      [['--rail', 'venmo'], /stripe, paypal/],
      [['--status', 'done'], /handled/],
      [['--since', 'yesterday'], /--since takes/],
      [['--since', '2999-01-01'], /future/],
      [['--since', '1d', '--by', ' '], /--by takes/],
    ] as [string[], RegExp][]) {
      const wrong = await run('inbox:replay', ...argv, ...(argv.includes('--by') ? [] : BY))
      assert.equal(wrong.exitCode, 2)
      assert.match(wrong.output, says)
    }
  })
})

test.group('inbox:backfill', (group) => {
  group.each.setup(() => resetAll())

  test('brings what never came, of connected accounts, too; again it changes nothing', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    sandbox.webhookMode({ drop: () => true })
    // Money that comes in, and money that a connected account could not bring to its bank.
    const other = await activeProject({ payable: false })
    await paid(other.client, other.milestones)
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    sandbox.failPayout(sandbox.payAutomatically(sandbox.accounts[0].id))
    await settle()
    assert.equal(await held(accounts.escrow(other.milestone.id)), '0.00')
    assert.lengthOf(await told(freelancer, 'payout_account.bank_payout_failed'), 0)

    sandbox.webhookMode({})
    const first = await run('inbox:backfill', 'stripe', '--json')
    assert.equal(first.exitCode, 0)
    assert.isAbove(first.json.taken, 0)
    assert.equal(first.json.types['payment_intent.succeeded'], 1)
    assert.equal(first.json.types['payout.failed'], 1)
    await settle()
    assert.equal(await held(accounts.escrow(other.milestone.id)), '1000.00')
    assert.lengthOf(await told(freelancer, 'payout_account.bank_payout_failed'), 1)
    assert.isTrue(
      expectData(await api(other.client).get(`milestones/${other.milestone.id}`)).funded
    )

    const before = await books()
    const inbox = await db.from('inbox_events')
    const second = await run('inbox:backfill', 'stripe', '--since', '1h', '--json')
    assert.equal(second.json.taken, 0)
    await settle()
    assert.lengthOf(await db.from('inbox_events'), inbox.length)
    assert.deepEqual(await books(), before)
    assert.lengthOf(await told(freelancer, 'payout_account.bank_payout_failed'), 1)
    assert.deepEqual(await breaks(), [])
  })

  test('brings what PayPal never told', async ({ assert }) => {
    const { client, milestones, milestone } = await activeProject({ provider: 'paypal' })
    paypalSandbox.webhookMode({ drop: () => true })
    payIn(await aDeposit(client, milestones, undefined, 'paypal'))
    await settle()
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    paypalSandbox.webhookMode({})
    const first = await run('inbox:backfill', 'paypal', '--json')
    assert.equal(first.exitCode, 0)
    assert.equal(first.json.types['CHECKOUT.ORDER.APPROVED'], 1)
    await settle()
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    await run('inbox:backfill', 'paypal', '--json')
    const before = await books()
    const again = await run('inbox:backfill', 'paypal', '--json')
    assert.equal(again.json.taken, 0)
    await settle()
    assert.deepEqual(await books(), before)
    assert.deepEqual(await breaks(), [])
  })

  test('runs by itself, and beside webhooks that come at the same moment', async ({ assert }) => {
    const { client, milestones, milestone } = await activeProject()
    sandbox.webhookMode({ paused: true })
    await paid(client, milestones)
    const context = { logger: { warn() {}, error() {} } } as never
    await Promise.all([
      backfillInbox.handle({}, context),
      backfillInbox.handle({}, context),
      sandbox.flushWebhooks(),
    ])
    sandbox.webhookMode({})
    await settle()
    const ids = (await db.from('inbox_events')).map((row) => row.event_id)
    assert.lengthOf(new Set(ids), ids.length)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a provider that does not answer is exit code 3, and nothing is lost', async ({
    assert,
  }) => {
    sandbox.failNext('GET /v1/events', { at: 'before', with: 500, times: 5 })
    const silent = await run('inbox:backfill', 'stripe')
    sandbox.clearFaults()
    assert.equal(silent.exitCode, 3)
    assert.match(silent.output, /stripe gave no answer/)
    assert.equal((await run('inbox:backfill', 'stripe')).exitCode, 0)
  })

  test('wrong usage exits with 2', async ({ assert }) => {
    assert.equal((await run('inbox:backfill', 'venmo')).exitCode, 2)
    assert.equal((await run('inbox:backfill', 'stripe', '--since', '5 days')).exitCode, 2)
  })
})
