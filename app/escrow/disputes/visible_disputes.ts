import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import { found, milestonesVisibleTo } from '#escrow/visible'
import Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'
import DisputeOffer from '#models/dispute_offer'
import type User from '#models/user'

/** The disputes that a user is a side of, with the milestone and its project. */
export function disputesVisibleTo(user: User): ModelQueryBuilderContract<typeof Dispute> {
  return Dispute.query()
    .where((either) => either.where('opened_by', user.id).orWhere('respondent_id', user.id))
    .preload('milestone', (milestone) => milestone.preload('project'))
}

/** @throws Problem 404 if there is no such dispute of the user's, or the id is no id */
export function visibleDispute(user: User, id: string): Promise<Dispute> {
  return found(id, 'dispute', () => disputesVisibleTo(user).where('id', id).first())
}

/** @throws Problem 404 if there is no such offer in the user's disputes, or the id is no id */
export function visibleOffer(user: User, id: string): Promise<DisputeOffer> {
  return found(id, 'offer', () => inDisputesOf(user, DisputeOffer.query()).where('id', id).first())
}

/** @throws Problem 404 if there is no such file in the user's disputes, or the id is no id */
export function visibleEvidence(user: User, id: string): Promise<DisputeEvidence> {
  return found(id, 'evidence', () =>
    inDisputesOf(user, DisputeEvidence.query()).where('id', id).first()
  )
}

function inDisputesOf<Query extends { whereIn(column: string, rows: any): Query }>(
  user: User,
  query: Query
): Query {
  const mine = Dispute.query().whereIn('milestone_id', milestonesVisibleTo(user).select('id'))
  return query.whereIn('dispute_id', mine.select('id'))
}
