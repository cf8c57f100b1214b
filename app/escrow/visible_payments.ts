import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import { notFound } from '#exceptions/problem'
import type Milestone from '#models/milestone'
import Payout from '#models/payout'
import RefundRequest from '#models/refund_request'
import Transaction from '#models/transaction'
import type User from '#models/user'
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
export async function visibleMilestones(user: User, ids: string[]): Promise<Milestone[]> {
  if (!ids.every((id) => isUuid(id))) throw notFound('milestone')
  const milestones = await milestonesVisibleTo(user).whereIn('id', ids).preload('project')
  if (milestones.length !== ids.length) throw notFound('milestone')
  return milestones
}

/** The payouts of a freelancer, with their transactions; `id` is the transaction's. */
export function payoutsOf(user: User): ModelQueryBuilderContract<typeof Payout> {
  return Payout.query().where('user_id', user.id).preload('transaction').preload('release')
}
