import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { refuse } from '#approvals/refuse'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import Dispute from '#models/dispute'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { fundedMilestone, pay } from '#tests/support/projects'
import { console, createStaff } from '#tests/support/staff'
import { member } from '#tests/support/two_people'
import { textOf } from '../console/pages.js'
import { answer, newsOf, offer, openDispute, shown } from './parties.js'

/** A dispute that is with staff. */
async function atStaff(amount = '100.00') {
  const found = await fundedMilestone({ amount })
  const dispute = await openDispute(found.client, found.milestone)
  await answer(found.freelancer, dispute)
  expectData(await api(found.client).post(`disputes/${dispute.id}/escalate`))
  return { ...found, dispute, path: `/console/disputes/${dispute.id}` }
}

const reason = 'Two of three pages were delivered.'

/** A party that goes on writing is not to keep staff from deciding, and staff decide on nothing unread. */
test.group('Disputes | closing for additions', (group) => {
  group.each.setup(() => resetAll())

  test('staff close it, nothing is added, and what they have read is what they decide', async ({
    assert,
  }) => {
    const { client, freelancer, dispute, path } = await atStaff()
    const browser = console(await createStaff({ role: 'support' }))
    const stale = await Dispute.findOrFail(dispute.id)
    expectData(await api(client).post(`disputes/${dispute.id}/messages`, { body: 'And.' }), 201)
    await browser.get(path)
    const refused = await browser.submit(`${path}/decision`, {
      to_freelancer: '25.00',
      reason,
      version: String(stale.version),
    })
    assert.include(textOf(refused), 'Close it')
    const closed = await browser.submit(`${path}/additions/close`)
    assert.include(textOf(closed), 'Nothing can be added')
    for (const user of [client, freelancer]) {
      assert.equal((await newsOf(user)).at(-1), 'dispute.additions_closed')
      assert.isNotNull((await shown(user, dispute)).additions_closed_at)
    }
    const base = `disputes/${dispute.id}`
    for (const refusal of [
      await api(client).post(`${base}/messages`, { body: 'And.' }),
      await api(client).post(`${base}/offers`, { to_freelancer: '1.00' }),
      await api(client).upload(`${base}/evidence`, 'file', 'And.'),
      await pay(client, `${base}/equal-split`),
    ]) {
      expectProblem(refusal, 409, 'additions_closed')
    }
    assert.deepEqual((await shown(client, dispute)).may, ['withdraw'])
    const { version } = await Dispute.findOrFail(dispute.id)
    const page = await browser.submit(`${path}/decision`, {
      to_freelancer: '25.00',
      reason,
      version: String(version),
    })
    assert.include(textOf(page), 'Settled')
    await settle()
    const lines = await db.from('audit_log').where('target_id', dispute.id).orderBy('id')
    assert.deepEqual(
      lines.map(({ action }) => action),
      ['dispute.additions_closed', 'dispute.settled']
    )
  })

  test('the parties can still agree meanwhile on what is there', async ({ assert }) => {
    const { client, freelancer, dispute, path } = await atStaff()
    const offered = await offer(client, dispute, '60.00')
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(path)
    await browser.submit(`${path}/additions/close`)
    assert.deepEqual((await shown(freelancer, dispute)).may, ['accept', 'decline'])
    assert.equal(expectData(await pay(freelancer, `offers/${offered.id}/accept`)).status, 'settled')

    const halving = await atStaff()
    expectData(await pay(halving.client, `disputes/${halving.dispute.id}/equal-split`))
    await browser.get(halving.path)
    await browser.submit(`${halving.path}/additions/close`)
    assert.deepEqual((await shown(halving.freelancer, halving.dispute)).may, ['equal_split'])
    const half = await pay(halving.freelancer, `disputes/${halving.dispute.id}/equal-split`)
    assert.equal(expectData(half).status, 'settled')
  })

  test('staff open it again, and a decision that is refused opens it, too', async ({ assert }) => {
    const { client, dispute, path } = await atStaff('1000.00')
    const staff = await createStaff({ role: 'support' })
    const browser = console(staff)
    await browser.get(path)
    await browser.submit(`${path}/additions/close`)
    const open = await browser.submit(`${path}/additions/open`)
    assert.include(textOf(open), 'can be added again')
    assert.equal((await newsOf(client)).at(-1), 'dispute.additions_opened')
    expectData(await api(client).post(`disputes/${dispute.id}/messages`, { body: 'And.' }), 201)

    await browser.submit(`${path}/additions/close`)
    const { version } = await Dispute.findOrFail(dispute.id)
    const { approval } = await proposeDecision(dispute.id, {
      by: staff.id,
      toFreelancer: '600.00',
      reason,
      version: BigInt(version),
    })
    await refuse(approval!.id, { by: (await member('finance')).id, reason: 'Read again.' })
    assert.isNull((await shown(client, dispute)).additions_closed_at)
    expectData(await api(client).post(`disputes/${dispute.id}/messages`, { body: 'And.' }), 201)
  })

  test('only one that is with staff, and only by who may decide', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const early = await openDispute(client, milestone)
    await answer(freelancer, early)
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(`/console/disputes/${early.id}`)
    await browser.submit(`/console/disputes/${early.id}/additions/close`)
    assert.isNull((await shown(client, early)).additions_closed_at)
    const { path } = await atStaff()
    const finance = console(await createStaff({ role: 'finance' }))
    await finance.get(path)
    assert.equal((await finance.submit(`${path}/additions/close`)).status, 403)
  })
})
