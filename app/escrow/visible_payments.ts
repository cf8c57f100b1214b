import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import { notFound } from '#exceptions/problem'
import Milestone from '#models/milestone'
import Payout from '#models/payout'
import RefundRequest from '#models/refund_request'
import Transaction from '#models/transaction'
import type User from '#models/user'
import { invitationsOf } from '#escrow/list_invitations'
import { withWhatIsOwed } from '#escrow/owed_refunds'
import { found, milestonesVisibleTo, projectsVisibleTo } from '#escrow/visible'
import { validate as isUuid } from 'uuid'

/**
 * The transactions of a user's projects, with what their transformer needs. A payout is the business
 * of who is paid.
 */
export function transactionsVisibleTo(user: User): ModelQueryBuilderContract<typeof Transaction> {
  return Transaction.query()
    .whereHas('escrowAccount', (accounts) =>
      accounts.whereIn('project_id', projectsVisibleTo(user).select('id'))
    )
    .where((query) => query.whereNot('transaction_type', 'payout').orWhere('user_id', user.id))
    .preload('escrowAccount')
    .preload('deposit', (deposit) => deposit.preload('allocations'))
}

/** @throws Problem 404 if there is no such transaction among the user's */
export function visibleTransaction(user: User, id: string): Promise<Transaction> {
  return found(id, 'transaction', () => transactionsVisibleTo(user).where('id', id).first())
}

/** The refund requests of a user's projects, with their transactions. */
export function refundsVisibleTo(user: User): ModelQueryBuilderContract<typeof RefundRequest> {
  return RefundRequest.query()
    .whereIn('milestone_id', milestonesVisibleTo(user).select('id'))
    .preload('transaction')
}

/** @throws Problem 404 if there is no such refund request among the user's */
export async function visibleRefund(user: User, id: string): Promise<RefundRequest> {
  const refund = await found(id, 'refund request', () =>
    refundsVisibleTo(user).where('id', id).first()
  )
  await withWhatIsOwed([refund])
  return refund
}

/** @throws Problem 404 if one of the milestones is not the user's to see */
export function visibleMilestones(user: User, ids: string[]): Promise<Milestone[]> {
  return allOf(ids, () => milestonesVisibleTo(user))
}

/**
 * Milestones whose price a user may ask for: their own, and those that an open invitation shows them. What
 * is left of an offer is known before it is accepted.
 *
 * @throws Problem 404 if one of the milestones is neither
 */
export function quotableMilestones(user: User, ids: string[]): Promise<Milestone[]> {
  return allOf(ids, () =>
    Milestone.query()
      .whereRaw(`milestones.closed_reason IS DISTINCT FROM 'removed'`)
      .where((either) =>
        either
          .whereIn('project_id', projectsVisibleTo(user).select('id'))
          .orWhereIn(
            'project_id',
            invitationsOf(user, 'pending').clearSelect().select('project_id')
          )
      )
  )
}

async function allOf(
  ids: string[],
  query: () => ModelQueryBuilderContract<typeof Milestone>
): Promise<Milestone[]> {
  if (!ids.every((id) => isUuid(id))) throw notFound('milestone')
  const milestones = await query().whereIn('id', ids).preload('project')
  if (milestones.length !== ids.length) throw notFound('milestone')
  return milestones
}

/** The payouts of a freelancer, with their transactions; `id` is the transaction's. */
export function payoutsOf(user: User): ModelQueryBuilderContract<typeof Payout> {
  return Payout.query().where('user_id', user.id).preload('transaction').preload('release')
}
