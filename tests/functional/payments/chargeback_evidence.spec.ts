import { test } from '@japa/runner'
import ace from '@adonisjs/core/services/ace'
import db from '@adonisjs/lucid/services/db'
import submitDue from '#jobs/submit_chargeback_evidence'
import syncDisputesJob from '#jobs/sync_disputes'
import { submitChargebackEvidence, submitDueEvidence } from '#escrow/chargebacks/submit_evidence'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { fundedMilestone, pay, submit, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { BY } from '../operations/run.js'
import { chargebacks, decided, disagreements, disputed, freshStart, toldTo } from './chargebacks.js'

/** As if the deadline of every dispute were so near. */
const dueIn = (interval: string) =>
  db.from('chargebacks').update({ evidence_due_by: db.raw('now() + ?::interval', [interval]) })

/** The deadline that Stripe tells of is days away; ours is not to be set back by looking again. */
async function submittedBy(interval: string) {
  await dueIn(interval)
  return submitDueEvidence()
}

/** Work that was talked about, handed in with a link, and approved. */
async function approvedWork() {
  const found = await fundedMilestone()
  const path = `projects/${found.project.id}/messages`
  expectData(await api(found.client).post(path, { body: 'When can I\n see it?' }), 201)
  expectData(await api(found.freelancer).post(path, { body: 'Tomorrow.' }), 201)
  expectData(
    await api(found.freelancer).post(`milestones/${found.milestone.id}/submit`, {
      note: 'The site is up.',
      links: ['https://example.com/site'],
    })
  )
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  await settle()
  return found
}

const submissions = () =>
  sandbox.requestLog.filter(({ method, path }) => method === 'POST' && /disputes\/du_/.test(path))
    .length

test.group('Evidence', (group) => {
  group.each.setup(() => freshStart())

  test('is what both sides did, oldest first, and names who paid', async ({ assert }) => {
    const found = await approvedWork()
    await disputed()
    const [{ id }] = await chargebacks()
    assert.equal(await submitChargebackEvidence(id), 'submitted')
    const { evidence } = sandbox.disputes[0]
    assert.equal(evidence.customer_email_address, found.client.email)
    assert.equal(evidence.customer_name, found.client.displayName)
    assert.match(evidence.product_description!, /"A website"[^]*Part 1 \(1000.00 USD\)/)
    assert.equal(evidence.service_date, new Date().toISOString().slice(0, 10))
    const lines = evidence.uncategorized_text!.split('\n')
    const places = [
      /accepted the client's invitation.*14 days/,
      /paid 1000.00 USD into escrow for: "Part 1"/,
      /Message from the client: When can I see it\?/,
      /Message from the freelancer: Tomorrow\./,
      /handed in work on "Part 1": The site is up\. \| link: https:\/\/example.com\/site/,
      /The client approved the work and released 1000.00 USD for "Part 1"\./,
      /The client approved "Part 1"\./,
    ].map((words) => lines.findIndex((line) => words.test(line)))
    assert.notInclude(places, -1)
    assert.isBelow(places[0], places[1])
    assert.isBelow(places[1], places[4])
    assert.isBelow(places[4], places[5])
    await settle()
    assert.include(await toldTo(found.freelancer), 'chargeback.evidence_sent')
    const [row] = await chargebacks()
    assert.equal(row.state, 'under_review')
    assert.deepEqual(await disagreements(), [])
  })

  test('is sent by itself shortly before its deadline, once', async ({ assert }) => {
    await approvedWork()
    await disputed()
    assert.deepEqual(await submittedBy('49 hours'), [])
    const [{ id }] = await chargebacks()
    assert.deepEqual(await submittedBy('47 hours'), [{ id, outcome: 'submitted' }])
    assert.deepEqual(await submittedBy('1 hour'), [])
    assert.equal(await submitChargebackEvidence(id), 'submitted')
    assert.equal(submissions(), 1)
  })

  test('whose answer is lost is sent again as it was, and arrives once', async ({ assert }) => {
    const found = await approvedWork()
    await disputed()
    const [{ id }] = await chargebacks()
    sandbox.failNext('POST /v1/disputes/{dispute}', { at: 'before', with: 500 })
    assert.equal(await submitChargebackEvidence(id), 'unknown')
    const [before] = await chargebacks()
    const path = `projects/${found.project.id}/messages`
    expectData(await api(found.client).post(path, { body: 'Said since.' }), 201)
    sandbox.failNext('POST /v1/disputes/{dispute}', { at: 'after', with: 500 })
    assert.equal(await submitChargebackEvidence(id), 'unknown')
    assert.equal(await submitChargebackEvidence(id), 'submitted')
    const [after] = await chargebacks()
    assert.deepEqual(after.evidence, before.evidence)
    assert.equal(after.evidence_attempt, 1)
    assert.notInclude(sandbox.disputes[0].evidence.uncategorized_text, 'Said since.')
    assert.equal(sandbox.disputes[0].evidence_details.submission_count, 1)
  })

  test('that the provider does not take is left to staff, until they try again', async ({
    assert,
  }) => {
    await approvedWork()
    const dispute = await disputed()
    const [{ id }] = await chargebacks()
    // The bank decides while our request is on its way.
    const hold = sandbox.hold('POST /v1/disputes/{dispute}', { at: 'before' })
    const sending = submittedBy('5 hours')
    await hold.arrived
    sandbox.closeDispute(dispute, 'lost')
    hold.release()
    assert.deepEqual(await sending, [{ id, outcome: 'refused' }])
    await settle()
    const [row] = await chargebacks()
    assert.match(row.evidence_failure, /evidence/)
    assert.equal(row.evidence_attempt, 2)

    sandbox.reopenDispute(dispute)
    await settle()
    assert.deepEqual(await submittedBy('4 hours'), [])
    assert.equal(await submitChargebackEvidence(id), 'submitted')
    assert.deepEqual(await disagreements(), [])
  })

  test('is not made up: where nothing was handed in, staff are told', async ({ assert }) => {
    await fundedMilestone()
    await disputed()
    const [{ id }] = await chargebacks()
    assert.deepEqual(await submittedBy('5 hours'), [{ id, outcome: 'nothing_to_say' }])
    const [row] = await chargebacks()
    assert.isNotNull(row.evidence_missing_at)
    assert.equal(submissions(), 0)
  })

  test('is not wanted of a dispute that is decided, and not sent twice of one that somebody answered by hand', async ({
    assert,
  }) => {
    await submittedMilestone()
    const first = await disputed({ amount: 100 })
    const second = await disputed({ amount: 100 })
    await decided(first, 'won')
    const [one, other] = await chargebacks()
    assert.equal(await submitChargebackEvidence(one.id), 'not_wanted')
    const answer = await fetch(`${sandbox.url}/v1/disputes/${second}`, {
      method: 'POST',
      headers: {
        'authorization': 'Bearer sk_test_by_hand',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'evidence[uncategorized_text]=By+hand&submit=true',
    })
    assert.equal(answer.status, 200)
    await answer.arrayBuffer()
    const before = submissions()
    assert.equal(await submitChargebackEvidence(other.id), 'submitted')
    assert.equal(submissions(), before)
  })

  test('is sent on an operator’s word, who hears what became of it', async ({ assert }) => {
    const found = await fundedMilestone()
    await disputed()
    const [{ id }] = await chargebacks()
    ace.ui.switchMode('raw')
    const said = () => ace.ui.logger.getLogs().at(-1)!.message
    try {
      const nothing = await ace.exec('chargebacks:submit-evidence', [id, ...BY])
      assert.equal(nothing.exitCode, 1)
      assert.match(said(), /nothing to send/)
      await db.from('milestones').update({ status: 'pending' })
      await db.table('submissions').insert({
        milestone_id: found.milestone.id,
        submitted_by: found.freelancer.id,
        note: 'By mail.',
      })
      const sent = await ace.exec('chargebacks:submit-evidence', [id, ...BY])
      assert.equal(sent.exitCode ?? 0, 0)
      const line = await db.from('audit_log').where('actor_type', 'operator').firstOrFail()
      assert.equal(line.action, 'chargeback.evidence_sent')
      const unknown = await ace.exec('chargebacks:submit-evidence', [found.project.id, ...BY])
      assert.equal(unknown.exitCode, 1)
      assert.match(said(), /no such chargeback/)
    } finally {
      ace.ui.switchMode('normal')
    }
  })

  test('and lost news are looked after by jobs of their own', async ({ assert }) => {
    const found = await fundedMilestone()
    await submit(found.freelancer, found.milestone)
    sandbox.webhookMode({ paused: true })
    sandbox.openDispute(sandbox.charges[0].id)
    await syncDisputesJob.handle({}, {} as never)
    const [row] = await chargebacks()
    assert.equal(row.state, 'needs_response')
    await dueIn('1 hour')
    await submitDue.handle({}, {} as never)
    assert.equal(submissions(), 1)
    sandbox.webhookMode({})
    await settle()
    assert.deepEqual(await disagreements(), [])
  })
})
