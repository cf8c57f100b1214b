import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import autoApproveDue from '#jobs/auto_approve_due'
import { sendReviewReminders } from '#escrow/send_review_reminders'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

const clockAt = (id: string, interval: string) =>
  db
    .from('milestones')
    .where('id', id)
    .update({ auto_approve_at: db.raw(`now() + interval '${interval}'`) })

const context = {
  logger: {
    error: (_: unknown, message: string) => {
      throw new Error(message)
    },
  },
} as any

test.group('The inspection period', (group) => {
  group.each.setup(() => resetAll())

  test('14 days of silence approve and release, and not a minute less', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const shown = expectData(await api(client).get(`milestones/${milestone.id}`))
    const days = (Date.parse(shown.auto_approve_at) - Date.now()) / 86_400_000
    assert.approximately(days, 14, 0.01)
    await clockAt(milestone.id, '1 minute')
    await autoApproveDue.handle({}, context)
    assert.lengthOf(await db.from('releases'), 0)
    await clockAt(milestone.id, '0')
    await autoApproveDue.handle({}, context)
    await autoApproveDue.handle({}, context)
    await settle()
    assert.equal(sandbox.transfers.length, 1)
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.equal(after.status, 'approved')
    const told = expectData(await api(client).get('notifications')).map((one: any) => one.kind)
    assert.include(told, 'milestone.approved')
    const paid = expectData(await api(freelancer).get('notifications')).map((one: any) => one.kind)
    assert.include(paid, 'release.made')
    assert.deepEqual(await breaks(), [])
  })

  test('the client is reminded 7, 3 and 1 days before, once each', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    const reminders = async () =>
      expectData(await api(client).get('notifications', { query: { limit: 100 } })).filter(
        (one: any) => one.kind === 'milestone.review_reminder'
      ).length
    assert.equal(await sendReviewReminders(), 0)
    for (const [left, expected] of [
      ['6 days 23 hours', 1],
      ['5 days', 1],
      ['2 days', 2],
      ['20 hours', 3],
      ['1 hour', 3],
    ] as const) {
      await clockAt(milestone.id, left)
      await sendReviewReminders()
      await sendReviewReminders()
      assert.equal(await reminders(), expected, left)
    }
  })

  test('a reminder that fails does not hold up the others', async ({ assert }) => {
    const broken = await submittedMilestone()
    const sound = await submittedMilestone()
    await clockAt(broken.milestone.id, '20 hours')
    await clockAt(sound.milestone.id, '21 hours')
    await db
      .from('milestones')
      .where('id', broken.milestone.id)
      .update({ reminders_sent: JSON.stringify({ not: 'a list' }) })
    assert.equal(await sendReviewReminders(), 1)
    const told = expectData(await api(sound.client).get('notifications'))
    assert.include(
      told.map((one: any) => one.kind),
      'milestone.review_reminder'
    )
  })

  test('rejected work stops the clock', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    expectData(
      await api(client).post(`milestones/${milestone.id}/reject`, { reason: 'Too short.' })
    )
    await clockAt(milestone.id, '0').whereNotNull('auto_approve_at')
    await autoApproveDue.handle({}, context)
    assert.lengthOf(await db.from('releases'), 0)
  })
})
