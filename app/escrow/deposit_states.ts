import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import type Deposit from '#models/deposit'
import DepositAllocation from '#models/deposit_allocation'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import type { ProviderDeposit } from '#payments/provider'

/**
 * Whether the money of a deposit would still fund what it was meant for: its project goes on, and each
 * of its milestones waits for exactly this sum. Needs their locks.
 */
export async function isStillWanted(
  trx: TransactionClientContract,
  {
    project,
    milestones,
    transaction,
    deposit,
  }: { project: Project; milestones: Milestone[]; transaction: Transaction; deposit: Deposit }
): Promise<boolean> {
  if (transaction.status !== 'pending') return false
  if (deposit.state !== 'live' && deposit.state !== 'cancelling') return false
  if (project.status !== 'active' && project.status !== 'disputed') return false
  const allocations = await DepositAllocation.query({ client: trx })
    .where('transaction_id', transaction.id)
    .where('live', true)
  return (
    allocations.length === milestones.length &&
    milestones.every(
      (milestone) =>
        !milestone.isFunded &&
        !milestone.isClosed &&
        allocations.some(
          (part) => part.milestoneId === milestone.id && part.amount === milestone.amount
        )
    )
  )
}

/**
 * Whether a deposit that its provider does not show may have been paid all the same: we have asked for its
 * money, the answer was lost, and what the provider shows lags behind. To close it would have its payer pay
 * again. Once its time is over, the provider does show what it has taken.
 */
export function mayHaveBeenTaken(deposit: Deposit, { gone }: ProviderDeposit): boolean {
  return gone === true && deposit.captureSentAt !== null && deposit.expiresAt > DateTime.now()
}
