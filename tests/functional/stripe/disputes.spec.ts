import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import type { DisputeEvidence, ProviderDispute } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import { failureOf, inHours, json, paidDeposit, strangeServer } from './helpers.js'

const DAY_HOURS = 24

async function charged(): Promise<string> {
  const { deposit } = await paidDeposit()
  return deposit.chargeId
}

function evidence(wanted: Partial<DisputeEvidence> = {}): DisputeEvidence {
  return {
    key: randomUUID(),
    customerName: 'Cleo Client',
    customerEmail: 'cleo@example.com',
    productDescription: 'A website of three pages',
    serviceDate: new Date('2026-03-14T12:00:00Z'),
    narrative: 'Submitted on 14 March, approved on 15 March.',
    ...wanted,
  }
}

async function disputesOf(period: { from: Date; to: Date }): Promise<ProviderDispute[]> {
  const found: ProviderDispute[] = []
  for await (const dispute of stripe.listDisputes(period)) found.push(dispute)
  return found
}

const inWords = ({ movements }: ProviderDispute) =>
  movements.map(({ kind, amount, fee }) => `${kind} ${amount.toDecimal()} fee ${fee.toDecimal()}`)

test.group('A dispute at Stripe', (group) => {
  group.each.setup(resetAll)

  test('it says what it takes, until when it wants evidence, and what it moved', async ({
    assert,
  }) => {
    const chargeId = await charged()
    const id = sandbox.openDispute(chargeId, { amount: 100_200, reason: 'product_not_received' })
    const dispute = await stripe.getDispute(id)
    assert.deepInclude(dispute, {
      id,
      chargeId,
      state: 'needs_response',
      status: 'needs_response',
      reason: 'product_not_received',
      evidenceSubmitted: false,
    })
    assert.equal(dispute.amount.toString(), '1002.00 USD', 'it may exceed the charge')
    assert.isAbove(dispute.evidenceDueBy!.getTime(), Date.now())
    assert.deepEqual(inWords(dispute), ['withdrawn 1002.00 fee 15.00'])
  })

  test('one that is won gives the money back, but not always the fee', async ({ assert }) => {
    const chargeId = await charged()
    const [one, other] = [sandbox.openDispute(chargeId), sandbox.openDispute(chargeId)]
    sandbox.closeDispute(one, 'won')
    sandbox.closeDispute(other, 'won', { feeReturned: true })
    const won = await stripe.getDispute(one)
    assert.equal(won.state, 'won')
    assert.isUndefined(won.evidenceDueBy)
    assert.deepEqual(inWords(won), ['withdrawn 1000.00 fee 15.00', 'reinstated 1000.00 fee 0.00'])
    assert.deepEqual(inWords(await stripe.getDispute(other)), [
      'withdrawn 1000.00 fee 15.00',
      'reinstated 1000.00 fee 15.00',
    ])
    const ids = (await stripe.getDispute(one)).movements.map((movement) => movement.id)
    assert.equal(new Set(ids).size, 2)
  })

  test('lost, appealed, lost again and won after all: each move of money is told once', async ({
    assert,
  }) => {
    const id = sandbox.openDispute(await charged(), { status: 'lost' })
    assert.deepInclude(await stripe.getDispute(id), { state: 'lost', evidenceSubmitted: false })
    sandbox.reopenDispute(id)
    const appealed = await stripe.getDispute(id)
    assert.deepInclude(appealed, { state: 'needs_response', status: 'appeal_needs_response' })
    assert.instanceOf(appealed.evidenceDueBy, Date)
    await stripe.submitEvidence(id, evidence())
    assert.equal((await stripe.getDispute(id)).state, 'under_review')
    sandbox.closeDispute(id, 'lost')
    assert.equal((await stripe.getDispute(id)).state, 'lost')
    sandbox.closeDispute(id, 'won')
    const won = await stripe.getDispute(id)
    assert.deepEqual(inWords(won), ['withdrawn 1000.00 fee 15.00', 'reinstated 1000.00 fee 0.00'])
  })

  test('an inquiry moves no money until it becomes a dispute', async ({ assert }) => {
    const chargeId = await charged()
    const id = sandbox.openDispute(chargeId, { status: 'warning_needs_response' })
    const inquiry = await stripe.getDispute(id)
    assert.deepInclude(inquiry, { state: 'inquiry', movements: [] })
    assert.instanceOf(inquiry.evidenceDueBy, Date)
    sandbox.escalateInquiry(id)
    const escalated = await stripe.getDispute(id)
    assert.equal(escalated.state, 'needs_response')
    assert.lengthOf(escalated.movements, 1)
    const ended = sandbox.openDispute(chargeId, { status: 'warning_closed' })
    assert.deepInclude(await stripe.getDispute(ended), { state: 'closed', movements: [] })
  })

  test('what was prevented is over, and lost if that cost the money', async ({ assert }) => {
    const chargeId = await charged()
    const stopped = sandbox.openDispute(chargeId, { status: 'prevented' })
    const settled = sandbox.openDispute(chargeId, { status: 'prevented', takesMoney: true })
    assert.equal((await stripe.getDispute(stopped)).state, 'closed')
    const lost = await stripe.getDispute(settled)
    assert.deepInclude(lost, { state: 'lost', status: 'prevented' })
    assert.deepEqual(inWords(lost), ['withdrawn 1000.00 fee 0.00'])
  })

  test('a status that we do not know is shown, and keeps the money where it is', async ({
    assert,
  }) => {
    const id = sandbox.openDispute(await charged())
    const dispute = { ...sandbox.disputes[0], status: 'arbitration' }
    await strangeServer((response) => json(response, 200, dispute))
    assert.deepInclude(await stripe.getDispute(id), {
      state: 'under_review',
      status: 'arbitration',
    })
  })

  test('a bank that takes no evidence has no date for it', async ({ assert }) => {
    const id = sandbox.openDispute(await charged(), { dueInMs: 0 })
    const dispute = await stripe.getDispute(id)
    assert.isUndefined(dispute.evidenceDueBy)
    const refused = await failureOf(stripe.submitEvidence(id, evidence()))
    assert.equal(refused.kind, 'declined')
  })

  test('one that is not there proves nothing', async ({ assert }) => {
    assert.equal((await failureOf(stripe.getDispute('du_none'))).kind, 'unknown')
  })

  test('a list has those of the period, and older ones that may have changed in it', async ({
    assert,
  }) => {
    const chargeId = await charged()
    const old = sandbox.openDispute(chargeId)
    sandbox.advance(40 * DAY_HOURS * 3_600_000)
    const fresh = sandbox.openDispute(chargeId)
    const now = sandbox.now
    const today = { from: new Date(now - 3_600_000), to: new Date(now + 1000) }
    const listed = await disputesOf(today)
    assert.deepEqual(
      listed.map(({ id }) => id),
      [fresh, old]
    )
    const before = { from: new Date(0), to: new Date(now - 20 * DAY_HOURS * 3_600_000) }
    assert.deepEqual(
      (await disputesOf(before)).map(({ id }) => id),
      [old]
    )
    sandbox.advance(500 * DAY_HOURS * 3_600_000)
    const later = { from: new Date(sandbox.now - 1000), to: new Date(sandbox.now + 1000) }
    assert.isEmpty(await disputesOf(later), 'long over')
  })
})

test.group('Evidence for a dispute at Stripe', (group) => {
  group.each.setup(resetAll)

  test('it is submitted as final, each thing in its field', async ({ assert }) => {
    const id = sandbox.openDispute(await charged())
    const dispute = await stripe.submitEvidence(id, evidence())
    assert.deepInclude(dispute, { state: 'under_review', evidenceSubmitted: true })
    assert.isUndefined(dispute.evidenceDueBy)
    assert.deepInclude(sandbox.disputes[0].evidence, {
      customer_name: 'Cleo Client',
      customer_email_address: 'cleo@example.com',
      product_description: 'A website of three pages',
      service_date: '2026-03-14',
      uncategorized_text: 'Submitted on 14 March, approved on 15 March.',
    })
  })

  test('what we do not hold is left out', async ({ assert }) => {
    const id = sandbox.openDispute(await charged())
    await stripe.submitEvidence(id, evidence({ customerName: '', serviceDate: undefined }))
    const { evidence: shown } = sandbox.disputes[0]
    assert.isNull(shown.customer_name)
    assert.isNull(shown.service_date)
  })

  test('the same key submits once, also when Stripe has forgotten it', async ({ assert }) => {
    const id = sandbox.openDispute(await charged(), { dueInMs: 90 * DAY_HOURS * 3_600_000 })
    const sent = evidence()
    sandbox.failNext('POST /v1/disputes/{dispute}', { at: 'after', with: 500 })
    assert.equal((await failureOf(stripe.submitEvidence(id, sent))).kind, 'unknown')
    assert.isTrue((await stripe.submitEvidence(id, sent)).evidenceSubmitted)
    sandbox.advance(25 * 3_600_000)
    assert.isTrue((await stripe.submitEvidence(id, sent)).evidenceSubmitted)
    assert.equal(sandbox.disputes[0].evidence_details.submission_count, 1)
  })

  test('a second submission is refused', async ({ assert }) => {
    const id = sandbox.openDispute(await charged())
    await stripe.submitEvidence(id, evidence())
    assert.equal((await failureOf(stripe.submitEvidence(id, evidence()))).kind, 'declined')
  })

  test('a long story keeps its beginning and its end, and says what is missing', async ({
    assert,
  }) => {
    const id = sandbox.openDispute(await charged())
    const story = `First submission.${'😀'.repeat(20_000)}Approved by the client.`
    await stripe.submitEvidence(id, evidence({ narrative: story }))
    const text = sandbox.disputes[0].evidence.uncategorized_text!
    assert.isAtMost(text.length, 20_000)
    assert.isAbove(text.length, 19_900)
    assert.match(text, /^First submission\./)
    assert.match(text, /Approved by the client\.$/)
    const [, missing] = /\[(\d+) characters are left out here/.exec(text)!
    const note = /\n\n\[.*\]\n\n/.exec(text)![0]
    assert.equal(text.length - note.length + Number(missing), story.length)
    assert.isTrue(text.isWellFormed(), 'no character is cut in half')
  })

  test('an appeal says it in the field of its own', async ({ assert }) => {
    const id = sandbox.openDispute(await charged(), { status: 'lost' })
    sandbox.reopenDispute(id)
    await stripe.submitEvidence(id, evidence())
    const sent = sandbox.requestLog.findLast(({ method }) => method === 'POST')!
    assert.deepInclude(sent.params.evidence, {
      appeal: { card: { reason_for_filing: 'Submitted on 14 March, approved on 15 March.' } },
    })
    assert.equal(sandbox.disputes[0].status, 'appeal_under_review')
  })

  test('an inquiry is answered the same way', async ({ assert }) => {
    const id = sandbox.openDispute(await charged(), { status: 'warning_needs_response' })
    const answered = await stripe.submitEvidence(id, evidence())
    assert.deepInclude(answered, { state: 'inquiry', status: 'warning_under_review' })
    assert.isBelow(answered.openedAt.getTime(), inHours(1).getTime())
  })
})
