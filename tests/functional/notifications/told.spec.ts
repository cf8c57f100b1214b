import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { aProject, fundedMilestone, pay, submittedMilestone } from '#tests/support/projects'
import { aFreelancer } from '#tests/support/users'

const kindsOf = async (user: User): Promise<string[]> => {
  const rows = await db.from('notifications').where('user_id', user.id).orderBy('seq')
  return rows.map(({ kind }) => kind)
}

test.group('Who is told what', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await emptyMailboxes()
  })

  test('whose invitation is withdrawn hears of it, and who is asked again does not', async ({
    assert,
  }) => {
    const { client, project } = await aProject()
    const [first, second] = [await aFreelancer(), await aFreelancer()]
    const invite = async (email: string) =>
      expectData(await api(client).post(`projects/${project.id}/invitations`, { email }), 201)
    await invite(first.email)
    await invite(first.email)
    assert.deepEqual(await kindsOf(first), ['invitation.received', 'invitation.received'])
    await invite(second.email)
    assert.equal((await kindsOf(first)).at(-1), 'invitation.withdrawn')
    expectData(await api(client).post(`projects/${project.id}/cancel`))
    assert.deepEqual(await kindsOf(second), ['invitation.received', 'invitation.withdrawn'])
    assert.lengthOf(await kindsOf(first), 3)
  })

  test('the freelancer hears when the client takes money back without asking', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const body = { milestone_id: milestone.id, reason: 'Not needed any more.' }
    assert.isTrue(expectData(await pay(client, 'payments/refund', body), 201).immediate)
    assert.equal((await kindsOf(freelancer)).at(-1), 'refund.taken')
  })

  test('receipts go with the mails about money that moved', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    await settle({ includeDeferred: true })
    const attached = async (user: User, subject: string) => {
      const mail = (await mailsTo(user.email)).find((one) => one.subject.startsWith(subject))
      return mail?.attachments.map(({ filename, content_type: type }) => [
        filename.replace(/^safesend-(\w+)-.*\.pdf$/, '$1'),
        type,
      ])
    }
    assert.deepEqual(await attached(client, 'Deposit received'), [['DEP', 'application/pdf']])
    assert.deepEqual(await attached(freelancer, 'Money released'), [['REL', 'application/pdf']])
    assert.deepEqual(await attached(freelancer, 'Milestone funded'), [])
  })
})
