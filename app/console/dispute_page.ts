import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { shownAs } from '#console/dispute_files'
import { money } from '#console/formats'
import { foreseen, outcomeOfDispute } from '#console/outcome'
import { peopleOf } from '#console/people'
import { readDisputeTimeline } from '#console/timeline'
import { escrowTotals } from '#ledger/balances'
import { Money } from '#ledger/money'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
import { needsSecondPerson } from '#escrow/disputes/needs_second_person'
import { previewOf } from '#escrow/disputes/preview_decision'
import { notFound, Problem } from '#exceptions/problem'
import Approval from '#models/approval'
import Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'
import DisputeMessage from '#models/dispute_message'
import DisputeOffer from '#models/dispute_offer'
import Deliverable from '#models/deliverable'
import { toMoneyOrZero } from '#validators/money'

/**
 * What a dispute is about, between whom, and what they showed: enough for who approves what another decided.
 * A constant number of queries.
 *
 * @throws Problem 404
 */
export async function readCase(id: string) {
  if (!isUuid(id)) throw notFound('dispute')
  const dispute = await Dispute.query()
    .where('id', id)
    .preload('milestone', (milestone) => milestone.preload('project'))
    .first()
  if (!dispute) throw notFound('dispute')
  const { milestone } = dispute
  const { project } = milestone
  const [totals] = await escrowTotals(db, [milestone.id])
  const evidence = await DisputeEvidence.query().where('dispute_id', id).orderBy('id').limit(200)
  return {
    dispute,
    milestone,
    project,
    people: await peopleOf([project.clientId, project.freelancerId!]),
    totals,
    evidence: evidence.map((file) => ({ file, as: file.isSafe ? shownAs(file.contentType) : '' })),
  }
}

/**
 * A dispute with all that whoever decides it has to look at. A constant number of queries.
 *
 * @param split what was typed for the freelancer, for the preview; without it what is proposed, or half
 * @param after where the page of its timeline begins
 * @throws Problem 404
 */
export async function readDispute(id: string, split?: string, after?: string) {
  const found = await readCase(id)
  const { dispute, milestone, project, totals } = found
  const of = { dispute_id: id }
  const approval = await Approval.query()
    .where({ kind: 'dispute_decision', subjectId: id, status: 'proposed' })
    .preload('proposer')
    .first()
  const isDecidable = dispute.status === 'escalated' && totals.held.isPositive
  const proposed =
    approval && Money.of(BigInt(approval.content.to_freelancer), approval.currency).toDecimal()
  const half = Money.of(totals.held.minor / 2n, totals.held.currency).toDecimal()
  const toFreelancer = proposed ?? split ?? half
  return {
    ...found,
    approval,
    toFreelancer,
    isDecidable,
    needsTwo: await needsSecondPerson(db.connection(), totals.held),
    isFrozen: await isFrozen(milestone.id),
    preview: isDecidable || approval ? await previewSplit(id, toFreelancer, totals.held) : {},
    outcome: dispute.status === 'settled' ? await outcomeOfDispute(id) : undefined,
    messages: await DisputeMessage.query().where(of).orderBy('id').limit(200),
    offers: await DisputeOffer.query().where(of).orderBy('id').limit(200),
    deliverables: await Deliverable.query()
      .where('milestone_id', milestone.id)
      .orderBy('id')
      .limit(200),
    timeline: await readDisputeTimeline(dispute, project.id, after),
  }
}

/** What a split would post, or what is wrong with the number: never what another number would. */
async function previewSplit(id: string, split: string, held: Money) {
  try {
    const toFreelancer = toMoneyOrZero('to_freelancer', split, held.currency)
    if (toFreelancer.compare(held) > 0) {
      const most = money(held.minor, held.currency)
      return { problem: `Only ${most} is held: choose a smaller part.` }
    }
    const { shares, entries } = await previewOf(id, toFreelancer)
    return { shares, entries: await foreseen(entries) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { problem: error.errors?.[0]?.message ?? error.message }
  }
}

async function isFrozen(milestoneId: string): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `SELECT ${FROZEN_MILESTONE} AS frozen FROM milestones m WHERE m.id = ?`,
    [milestoneId]
  )
  return rows[0].frozen
}
