import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { fillDemo } from '#database/demo/demo'
import { Scene } from '#database/demo/scene'
import { demoCode, DEMO_STAFF, DEMO_STAFF_PASSWORD } from '#database/demo/sign_in'
import { STORIES } from '#database/demo/stories'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import { explainClearing } from '#escrow/explain_clearing'
import Staff from '#models/staff'
import { giveStaffFactor, giveStaffPassword } from '#staff/sign_in'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { aClient, aFreelancer } from '#tests/support/users'
import { breaks } from '#tests/support/ledger'
import { fundedMilestone, pay } from '#tests/support/projects'

test.group('demo', (group) => {
  group.setup(async () => {
    await resetAll()
    // As at the start of `npm run demo`.
    await new OpeningFloatSeeder(db.connection()).run()
    await fillDemo({ projects: Number(process.env.DEMO_PROJECTS ?? 45) })
  })

  /** What there is of something, each once. */
  const kinds = async (what: string, table: string): Promise<string[]> => {
    const { rows } = await db.rawQuery(`SELECT DISTINCT ${what} AS kind FROM ${table} ORDER BY 1`)
    return rows.map(({ kind }: { kind: string }) => kind)
  }

  test('there is some of everything', async ({ assert }) => {
    const expected: [string, string, string[]][] = [
      ['status', 'projects', ['active', 'cancelled', 'completed', 'disputed', 'draft']],
      ['status', 'milestones', ['approved', 'pending', 'rejected', 'submitted']],
      [
        'closed_reason',
        'milestones WHERE closed_at IS NOT NULL',
        ['charged_back', 'refunded', 'released', 'settled'],
      ],
      ['payment_provider', 'transactions', ['paypal', 'stripe', 'venmo']],
      [
        "transaction_type || ' ' || status",
        "transactions WHERE transaction_type IN ('deposit', 'payout', 'refund')",
        [
          'deposit completed',
          'deposit failed',
          'deposit pending',
          'payout completed',
          'payout pending',
          'refund completed',
          'refund failed',
          'refund pending',
        ],
      ],
      ['state', 'deposits', ['applied', 'closed', 'live']],
      ['state', 'payouts', ['failed', 'in_transit', 'paid', 'returned', 'waiting']],
      ['status', 'refund_requests', ['accepted', 'declined', 'requested']],
      [
        "rail || ' ' || state",
        'chargebacks',
        [
          'paypal inquiry',
          'paypal lost',
          'paypal needs_response',
          'paypal won',
          'stripe lost',
          'stripe needs_response',
          'stripe won',
        ],
      ],
      ['status', 'disputes', ['decided', 'escalated', 'negotiating', 'open', 'settled', 'withdrawn']],
      ['kind', "approvals WHERE status = 'proposed'", ['debt_write_off', 'dispute_decision']],
      ['content_type', 'dispute_evidence', ['application/pdf', 'image/png', 'text/plain']],
      ['status', 'invitations', ['accepted', 'declined', 'pending']],
      ["rail || ' ' || status", "inbox_events WHERE status <> 'ignored'", [
        'paypal failed',
        'paypal handled',
        'stripe failed',
        'stripe handled',
      ]],
      ['name', "pgboss.job WHERE name = 'dead_letters'", ['dead_letters']],
      ['name', 'settings', ['payout_hold_days', 'platform_fee_bps']],
      ['role', 'staff WHERE disabled_at IS NULL', ['admin', 'finance', 'support']],
      ['rail', 'reconciliation_breaks WHERE resolved_at IS NULL', ['paypal', 'stripe']],
    ] // prettier-ignore
    for (const [what, table, found] of expected) assert.deepEqual(await kinds(what, table), found)
  })

  test('the books hold, and the providers have what they say', async ({ assert }) => {
    assert.deepEqual(await breaks(), [])
    for (const { rail, verdict } of await explainClearing()) {
      assert.include(['agrees', 'explained'], verdict, rail)
    }
  })

  test('it is spread over three months, in the order in which it was written', async ({
    assert,
  }) => {
    const { rows } = await db.rawQuery(`
      SELECT count(DISTINCT date_trunc('week', at))::int AS weeks, bool_and(at <= now()) AS over,
             bool_and(at >= last - interval '1 day') AS ordered
        FROM (SELECT created_at AS at, lag(created_at) OVER (ORDER BY id) AS last
                FROM projects) listed`)
    assert.deepEqual([rows[0].over, rows[0].ordered], [true, true])
    assert.isAbove(rows[0].weeks, 9)
    const due = await db
      .from('milestones')
      .whereNull('closed_at')
      .where('auto_approve_at', '<', db.raw('now()'))
    assert.deepEqual(due, [], 'what waits for its client still has time')
  })

  test('what a provider did is known within hours', async ({ assert }) => {
    const { rows } = await db.rawQuery(`
      SELECT type, received_at - told_at AS late
        FROM (SELECT type, received_at, CASE rail
                       WHEN 'stripe' THEN to_timestamp((payload->>'created')::bigint)
                       ELSE (payload->>'create_time')::timestamptz
                     END AS told_at
                FROM inbox_events) heard
       -- The first money at Stripe is there a day before anybody listens.
       WHERE type <> 'topup.succeeded'
         AND (received_at - told_at > interval '3 hours' OR received_at - told_at < interval '-1 hour')`)
    assert.deepEqual(rows, [])
  })

  test('a refund that is on its way for ever holds up no other', async ({ assert }) => {
    const story = STORIES.find(({ name }) => name === 'a refund on its way')!
    const freelancer = { user: await aFreelancer(), provider: 'paypal' as const }
    const scene = new Scene(
      await aClient(),
      freelancer,
      () => 0.5,
      () => new Date()
    )
    // Agreed, funded, asked back; what comes after may lie beyond the demo's end.
    const steps = story.plot(scene)
    for (let step = 0; step < 3; step++) {
      await steps.next()
      await settle({ mayFail: true })
    }
    const { client, milestone } = await fundedMilestone({ provider: 'paypal' })
    const wanted = { milestone_id: milestone.id, reason: 'We no longer need it.' }
    const { id } = expectData(await pay(client, 'payments/refund', wanted), 201)
    await settle({ mayFail: true })
    const refunds = (projectId: string) =>
      kinds(
        't.status',
        `transactions t JOIN refund_requests r ON r.transaction_id = t.id
           JOIN milestones m ON m.id = r.milestone_id WHERE m.project_id = '${projectId}'`
      )
    assert.deepEqual(await refunds(scene.project.id), ['pending'])
    assert.deepEqual(await refunds(milestone.projectId), ['completed'])
    const shown = expectData(await api(client).get(`payments/refunds/${id}`))
    assert.equal(shown.transaction.status, 'completed')
  })

  test('it is filled once', async ({ assert }) => {
    const count = async () => (await db.from('transactions').count('* as rows'))[0].rows
    const before = await count()
    assert.isFalse(await fillDemo())
    assert.equal(await count(), before)
  })

  test('everybody on its staff can sign in', async ({ assert }) => {
    const origin = { ip: '127.0.0.1' }
    for (const { email, role } of DEMO_STAFF) {
      const pending = await giveStaffPassword(email, DEMO_STAFF_PASSWORD, origin)
      const { session } = await giveStaffFactor(pending, { code: demoCode() }, origin)
      const staff = await Staff.findOrFail(session.staffId)
      assert.equal(staff.role, role)
    }
  })
})
