import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import Milestone from '#models/milestone'
import Project from '#models/project'
import { invitationToken } from '#escrow/invitation_token'
import { api, expectData, expectProblem } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { manyProjects, queriesOf } from '#tests/support/many_projects'
import {
  activeProject,
  aDeposit,
  aPayoutAccount,
  aProject,
  fund,
  fundedProject,
  inDays,
  pay,
  submit,
  submittedMilestone,
  type Case,
} from '#tests/support/projects'
import { withSetting } from '#tests/support/provider_calls'
import { aClient, aFreelancer, aUser } from '#tests/support/users'
import { decided, disputed, freshStart, releaseOf } from '../payments/chargebacks.js'
import type User from '#models/user'

const seen = async (user: User) => expectData(await api(user).get('users/dashboard'))

const moneyOf = async (user: User, currency = 'USD') =>
  (await seen(user)).money.find((each: any) => each.currency === currency)

/** `12.00` and the like, added up. */
const sum = (...amounts: string[]) =>
  (amounts.reduce((total, each) => total + Math.round(Number(each) * 100), 0) / 100).toFixed(2)

/** What the doc comments promise of every figure, in every currency, at any time. */
async function addsUp(assert: any, { client, freelancer }: Case) {
  for (const money of (await seen(client)).money) {
    const { deposited, spent, refunded, charged_back: charged } = money.total
    const { held, refund_in_transit: transit, refund_payable: owed, unapplied } = money
    assert.equal(deposited, sum(spent, refunded, charged, held, transit, owed, unapplied))
    assertMonthsAddUp(assert, money)
  }
  for (const money of (await seen(freelancer)).money) {
    const { payable, in_transit: transit, owed } = money
    assert.equal(money.total.earned, sum(money.total.paid_out, payable, transit, `-${owed}`))
    assertMonthsAddUp(assert, money)
  }
  assert.deepEqual(await breaks(), [])
}

function assertMonthsAddUp(assert: any, { total, months }: any) {
  for (const name of Object.keys(total)) {
    assert.equal(sum(...months.map((each: any) => each[name])), total[name], name)
  }
}

/** The same people in another currency. */
async function inEuros({ client, freelancer }: Case, amount: string): Promise<Case> {
  const draft = expectData(
    await api(client).post('projects', {
      title: 'Une affiche',
      description: 'En couleurs.',
      total_amount: amount,
      currency: 'EUR',
      deadline: inDays(60),
    }),
    201
  )
  const part = { title: 'Tout', description: 'Tout.', amount, due_date: inDays(30) }
  const { id } = expectData(await api(client).post(`projects/${draft.id}/milestones`, part), 201)
  const invitation = expectData(
    await api(client).post(`projects/${draft.id}/invitations`, { email: freelancer.email }),
    201
  )
  expectData(await api(freelancer).post(`invitations/${invitationToken(invitation.id)}/accept`))
  const milestone = await Milestone.findOrFail(id)
  await fund(client, [milestone])
  const project = await Project.findOrFail(draft.id)
  return { client, freelancer, project, milestones: [milestone], milestone }
}

/** Books what was booked `months` ago, as seen from today. The ledger refuses that to everybody else. */
async function movedBack(kind: string, months: number, day = '15') {
  await db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await trx.rawQuery(
      `UPDATE journal_entries SET created_at =
          (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => ?)
            + make_interval(days => ?::int - 1)) AT TIME ZONE 'UTC'
        WHERE kind = ?`,
      [months, day, kind]
    )
  })
}

test.group('Dashboard | money', (group) => {
  group.each.setup(() => freshStart())

  test('held, spent and earned are what partial releases, refunds and two currencies make of them', async ({
    assert,
    cleanup,
  }) => {
    cleanup(withSetting('STRIPE_CURRENCIES', 'USD,EUR'))
    const found = await fundedProject({ amounts: ['1000.00', '500.00', '250.00'] })
    const { client, freelancer, milestones } = found
    await releaseOf(found, 0, '333.33')
    const refund = { milestone_id: milestones[1].id, amount: '120.00', reason: 'Less to do.' }
    expectData(await pay(client, 'payments/refund', refund), 201)
    await inEuros(found, '80.00')
    await settle()

    assert.containsSubset(await moneyOf(client), {
      held: '1296.67',
      refund_in_transit: '0.00',
      refund_payable: '0.00',
      unapplied: '0.00',
      total: { deposited: '1750.00', spent: '333.33', refunded: '120.00', charged_back: '0.00' },
    })
    assert.containsSubset(await moneyOf(client, 'EUR'), {
      held: '80.00',
      total: { deposited: '80.00', spent: '0.00', refunded: '0.00', charged_back: '0.00' },
    })
    // 10 % of 333.33 is 33.333: rounded down, for the freelancer.
    assert.containsSubset(await moneyOf(freelancer), {
      held: '1296.67',
      payable: '0.00',
      in_transit: '0.00',
      owed: '0.00',
      total: { earned: '300.00', paid_out: '300.00' },
    })
    assert.containsSubset(await moneyOf(freelancer, 'EUR'), { held: '80.00', payable: '0.00' })
    await addsUp(assert, found)

    const { items, count } = (await seen(client)).held_by_project
    assert.equal(count, 2)
    assert.containsSubset(items[0], {
      project_id: found.project.id,
      held: '1296.67',
      currency: 'USD',
    })
    const escrow = expectData(await api(client).get(`payments/escrow/${found.project.id}`))
    assert.equal(escrow.balance, items[0].held)
  })

  test('a lost chargeback is spent no more and earned no more, and owed by who had been paid', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['600.00', '400.00'] })
    await releaseOf(found, 0)
    await settle()
    const dispute = await disputed()
    // 400.00 are still held, and the rest has been released: 540.00 to the freelancer, 60.00 to us.
    await decided(dispute, 'lost')
    assert.containsSubset(await moneyOf(found.client), {
      held: '0.00',
      total: { deposited: '1000.00', spent: '0.00', refunded: '0.00', charged_back: '1000.00' },
    })
    assert.containsSubset(await moneyOf(found.freelancer), {
      held: '0.00',
      owed: '540.00',
      total: { earned: '0.00', paid_out: '540.00' },
    })
    await addsUp(assert, found)
    await decided(dispute, 'won')
    assert.containsSubset((await moneyOf(found.client)).total, {
      spent: '600.00',
      charged_back: '0.00',
    })
    assert.containsSubset(await moneyOf(found.freelancer), {
      held: '400.00',
      owed: '0.00',
      total: { earned: '540.00', paid_out: '540.00' },
    })
    await addsUp(assert, found)
  })

  test('what is payable waits until there is somewhere to pay it to', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['100.00'], payable: false })
    await releaseOf(found, 0)
    await settle()
    assert.containsSubset(await moneyOf(found.freelancer), {
      payable: '90.00',
      in_transit: '0.00',
      total: { earned: '90.00', paid_out: '0.00' },
    })
    await addsUp(assert, found)
    await aPayoutAccount(found.freelancer)
    assert.containsSubset(await moneyOf(found.freelancer), {
      payable: '0.00',
      total: { earned: '90.00', paid_out: '90.00' },
    })
    await addsUp(assert, found)
  })

  test('months are calendar months in UTC: twelve of them, with those in which nothing moved', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['100.00'] })
    await releaseOf(found, 0)
    await settle()
    await movedBack('deposit_captured', 12, '28')
    await movedBack('release', 11, '1')
    const client = await moneyOf(found.client)
    const now = new Date()
    const month = (back: number) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1))
        .toISOString()
        .slice(0, 7)
    assert.deepEqual(
      client.months.map((each: any) => each.month),
      Array.from({ length: 12 }, (_, index) => month(11 - index))
    )
    // Thirteen months ago is in the total only; the first second of a month is in it.
    assert.equal(client.total.deposited, '100.00')
    assert.isTrue(client.months.every((each: any) => each.deposited === '0.00'))
    assert.deepEqual(
      client.months.map((each: any) => each.spent),
      ['100.00', ...Array.from({ length: 11 }, () => '0.00')]
    )
    const freelancer = await moneyOf(found.freelancer)
    assert.deepEqual([freelancer.months[0].earned, freelancer.months[11].earned], ['90.00', '0.00'])
    assert.deepEqual(
      [freelancer.months[0].paid_out, freelancer.months[11].paid_out],
      ['0.00', '90.00']
    )
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.rawQuery(
        `UPDATE journal_entries SET created_at = created_at - interval '1 microsecond' WHERE kind = 'release'`
      )
    })
    assert.isTrue((await moneyOf(found.client)).months.every((each: any) => each.spent === '0.00'))
  })
})

test.group('Dashboard | what waits', (group) => {
  group.each.setup(() => freshStart())

  test('for the client: work to review, proposals, milestones to fund; for others: what they asked', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const { client, freelancer, project } = found
    const other = await activeProject({ client, freelancer, amounts: ['70.00', '30.00'] })
    const deposit = await aDeposit(client, [other.milestones[1]])
    const proposal = { kind: 'change_project', changes: { title: 'Another title' } }
    expectData(await api(freelancer).post(`projects/${project.id}/proposals`, proposal), 201)
    // One's own is for the other side to answer.
    expectData(await api(client).post(`projects/${other.project.id}/proposals`, proposal), 201)
    const { project: draft } = await aProject({ client })
    const invitation = { email: 'new@example.com' }
    expectData(await api(client).post(`projects/${draft.id}/invitations`, invitation), 201)

    const { awaiting_me: mine, awaiting_others: others, projects } = await seen(client)
    const { auto_approve_at: approves } = expectData(
      await api(client).get(`milestones/${found.milestone.id}`)
    )
    assert.equal(mine.reviews.count, 1)
    assert.containsSubset(mine.reviews.items[0], {
      milestone_id: found.milestone.id,
      project_title: project.title,
      amount: '1000.00',
      auto_approve_at: approves,
    })
    assert.equal(mine.proposals.count, 1)
    assert.equal(mine.proposals.items[0].project_id, project.id)
    assert.equal(mine.milestones_to_fund.count, 2)
    const pending = new Map(
      mine.milestones_to_fund.items.map((each: any) => [each.milestone_id, each.pending_deposit_id])
    )
    assert.deepEqual(
      other.milestones.map(({ id }) => pending.get(id)),
      [null, deposit.id]
    )
    assert.deepEqual([others.invitations.count, others.refund_requests.count], [1, 0])
    assert.equal(others.invitations.items[0].email, invitation.email)
    assert.deepEqual(projects, { draft: 1, active: 2, completed: 0, cancelled: 0, disputed: 0 })
  })

  test('a dispute waits for who is to answer it, an offer, or the same choice', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone({ amount: '100.00' })
    const waits = async (user: User) =>
      (await seen(user)).awaiting_me.disputes.items.map(({ awaits }: any) => awaits)
    const dispute = expectData(
      await api(client).post(`milestones/${milestone.id}/disputes`, { reason: 'Not as agreed.' }),
      201
    )
    const [line] = (await seen(freelancer)).awaiting_me.disputes.items
    assert.containsSubset(line, {
      dispute_id: dispute.id,
      milestone_id: milestone.id,
      status: 'open',
      awaits: 'answer',
      asked_amount: '100.00',
      act_by: dispute.respond_by,
    })
    assert.deepEqual(await waits(client), [])
    const path = `disputes/${dispute.id}`
    expectData(await api(freelancer).post(`${path}/answer`, { body: 'It is.' }))
    assert.deepEqual(await waits(freelancer), [])
    const offer = { to_freelancer: '80.00' }
    expectData(await api(freelancer).post(`${path}/offers`, offer), 201)
    assert.deepEqual([await waits(client), await waits(freelancer)], [['offer'], []])
    expectData(await pay(client, `${path}/equal-split`))
    assert.deepEqual([await waits(client), await waits(freelancer)], [['offer'], ['equal_split']])
    expectData(await pay(freelancer, `${path}/equal-split`))
    assert.deepEqual([await waits(client), await waits(freelancer)], [[], []])
  })

  test('for the freelancer: invitations, refund requests, proposals, work to redo and to deliver', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00', '20.00', '30.00'] })
    const { client, freelancer, project, milestones } = found
    await submit(freelancer, milestones[0])
    const reason = { reason: 'The form is missing.' }
    expectData(await api(client).post(`milestones/${milestones[0].id}/reject`, reason))
    await submit(freelancer, milestones[1])
    const refund = expectData(
      await pay(client, 'payments/refund', { milestone_id: milestones[1].id, reason: 'No.' }),
      201
    )
    const proposal = { kind: 'change_project', changes: { title: 'Another title' } }
    expectData(await api(client).post(`projects/${project.id}/proposals`, proposal), 201)
    const { project: offered } = await aProject({ client })
    const invite = { email: freelancer.email }
    expectData(await api(client).post(`projects/${offered.id}/invitations`, invite), 201)

    const { awaiting_me: mine } = await seen(freelancer)
    assert.deepEqual(
      Object.entries(mine).map(([name, list]: [string, any]) => [name, list.count]),
      [
        ['invitations', 1],
        ['refund_requests', 1],
        ['disputes', 0],
        ['proposals', 1],
        ['rejected_work', 1],
        ['milestones_to_deliver', 1],
      ]
    )
    assert.containsSubset(mine.invitations.items[0], {
      project_id: offered.id,
      client: { id: client.id, name: client.displayName },
      total_amount: '1000.00',
    })
    assert.containsSubset(mine.refund_requests.items[0], {
      refund_request_id: refund.id,
      amount: '20.00',
      respond_by: refund.respond_by,
    })
    assert.containsSubset(mine.rejected_work.items[0], {
      milestone_id: milestones[0].id,
      reason: reason.reason,
    })
    assert.equal(mine.milestones_to_deliver.items[0].milestone_id, milestones[2].id)
    assert.equal((await seen(client)).awaiting_others.refund_requests.count, 1)
    // Nothing waits for a review whose clock a refund request has stopped.
    assert.equal((await seen(client)).awaiting_me.reviews.items[0].auto_approve_at, null)
  })

  test('an invitation to an address that nobody has proven to be theirs is not shown', async ({
    assert,
  }) => {
    const email = 'somebody@example.com'
    const { client, project } = await aProject()
    expectData(await api(client).post(`projects/${project.id}/invitations`, { email }), 201)
    const newcomer = await aUser({ type: 'freelancer', email, verified: false })
    assert.equal((await seen(newcomer)).awaiting_me.invitations.count, 0)
    await db.from('users').where('id', newcomer.id).update({ is_verified: true })
    assert.equal((await seen(newcomer)).awaiting_me.invitations.count, 1)
    await db.from('invitations').update({ expires_at: db.raw(`now() - interval '1 second'`) })
    assert.equal((await seen(newcomer)).awaiting_me.invitations.count, 0)
  })

  test('what is due within 14 days or late is due soon, until it is handed in', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00', '20.00', '30.00'] })
    const [late, soon, later] = found.milestones
    const due = (id: string, days: number) =>
      db
        .from('milestones')
        .where('id', id)
        .update({ due_date: db.raw('now() + make_interval(days => ?)', [days]) })
    await due(late.id, -1)
    await due(soon.id, 13)
    await due(later.id, 15)
    for (const user of [found.client, found.freelancer]) {
      const { count, items } = (await seen(user)).due_soon
      assert.equal(count, 2)
      assert.deepEqual(
        items.map((each: any) => [each.milestone_id, each.overdue, each.funded]),
        [
          [late.id, true, true],
          [soon.id, false, true],
        ]
      )
    }
    await submit(found.freelancer, late)
    assert.equal((await seen(found.client)).due_soon.count, 1)
  })

  test('what happened last comes first, and of both what is unread is counted', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const { recent_activity: activity, unread_notifications: unread } = await seen(found.client)
    assert.equal(activity[0].action, 'milestone.submitted')
    assert.equal(activity[0].project_title, found.project.title)
    const { meta } = (await api(found.client).get('notifications')).body
    assert.isAbove(unread, 0)
    assert.equal(unread, meta.unread_count)
  })
})

test.group('Dashboard | size', (group) => {
  group.each.setup(() => freshStart())

  test('50 projects take as many queries as one; lists are the first ten, counts are all', async ({
    assert,
  }) => {
    const both = { client: await aClient(), freelancer: await aFreelancer() }
    for (const user of [both.client, both.freelancer]) {
      assert.containsSubset(await seen(user), { money: [], unread_notifications: 0 })
    }
    await manyProjects(both, 1)
    const count = async (user: User) => (await queriesOf(() => seen(user))).length
    const before = [await count(both.client), await count(both.freelancer)]
    assert.isAbove(before[0], 5)
    const strangers = { client: await aClient(), freelancer: await aFreelancer() }
    await manyProjects(strangers, 49)
    await db.from('notifications').delete()
    await manyProjects(both, 49)
    assert.deepEqual([await count(both.client), await count(both.freelancer)], before)

    const client = await seen(both.client)
    assert.equal(client.money[0].held, '1500.00')
    for (const list of [
      client.held_by_project,
      client.due_soon,
      ...Object.values<any>(client.awaiting_me),
      client.awaiting_others.refund_requests,
    ]) {
      assert.isAtLeast(list.count, 50)
      assert.lengthOf(list.items, 10)
    }
    assert.equal(client.awaiting_me.proposals.count, 50)
    assert.lengthOf(client.recent_activity, 10)
    const freelancer = await seen(both.freelancer)
    for (const name of [
      'refund_requests',
      'disputes',
      'proposals',
      'rejected_work',
      'milestones_to_deliver',
    ] as const) {
      assert.equal(freelancer.awaiting_me[name].count, 50)
      assert.lengthOf(freelancer.awaiting_me[name].items, 10)
    }
  })

  test('nobody sees one without signing in', async () => {
    expectProblem(await api().get('users/dashboard'), 401)
    expectProblem(
      await api().get('users/dashboard', { headers: { authorization: `Bearer ${randomUUID()}` } }),
      401
    )
  })
})
