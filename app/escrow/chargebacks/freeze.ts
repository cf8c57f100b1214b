import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import logger from '@adonisjs/core/services/logger'
import { Money } from '#ledger/money'
import { enqueue } from '#jobs/queue'
import sendRefundJob from '#jobs/send_refund'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import { notifyAll } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { resumeInspection, stopInspection } from '#escrow/inspection_clock'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import { syncDisputed } from '#escrow/sync_disputed'
import { wakeWaitingPayouts } from '#escrow/wake_waiting_payouts'
import { isDepositFrozen } from '#escrow/chargebacks/frozen'

/** A deposit and what it funds, under their locks. */
export interface LockedDeposit {
  trx: TransactionClientContract
  deposit: Transaction
  project: Project
  milestones: Milestone[]
}

/**
 * The first sign that a payment is disputed, when nobody has told of the dispute itself: the provider
 * says so of its charge. Whatever it is, its money stays where it is until that is known.
 */
export async function noteDisputed({
  trx,
  deposit,
  project,
  milestones,
}: LockedDeposit): Promise<void> {
  await trx
    .from('deposits')
    .where('transaction_id', deposit.id)
    .update({ charge_disputed_at: trx.raw('now()') })
  const known = await trx.from('chargebacks').where('deposit_id', deposit.id).first()
  if (known) return
  await stopClocks(trx, await fundedBy(trx, deposit.id, milestones))
  await syncDisputed(trx, project.id, PROVIDER)
  await tellDisputed({ trx, deposit, project }, Money.of(deposit.amount, deposit.currency))
}

/** Both sides hear that a payment is disputed. */
export async function tellDisputed(
  { trx, deposit, project }: Omit<LockedDeposit, 'milestones'>,
  amount: Money
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: deposit.milestoneId,
    subject: { type: 'transaction', id: deposit.id },
    actor: PROVIDER,
    action: 'deposit.disputed',
    details: inWords(amount),
  })
  logger.error({ depositId: deposit.id }, 'a payment is disputed: its milestones are frozen')
  const data = { ...aboutProject(project), ...inWords(amount), transaction_id: deposit.id }
  await notifyAll(trx, [
    { userId: project.clientId, kind: 'deposit.disputed', data },
    { userId: project.freelancerId!, kind: 'deposit.disputed', data },
  ])
}

/** Of these milestones, those that the deposit funds; one that was not applied funds none. */
export async function fundedBy(
  trx: TransactionClientContract,
  depositId: string,
  milestones: Milestone[]
): Promise<Milestone[]> {
  const rows = await trx
    .from('deposit_allocations')
    .join('deposits', 'deposits.transaction_id', 'deposit_allocations.transaction_id')
    .where('deposits.transaction_id', depositId)
    .where('deposits.state', 'applied')
    .where('live', true)
    .select('milestone_id')
  return milestones.filter(({ id }) => rows.some((row) => row.milestone_id === id))
}

export async function stopClocks(
  trx: TransactionClientContract,
  milestones: Milestone[]
): Promise<void> {
  for (const milestone of milestones) await stopInspection(trx, milestone)
}

/**
 * Lets what a dispute has stopped go on, unless another one is open: inspection clocks, unless a refund
 * request stops them as well, and payouts and refunds that waited.
 *
 * @returns whether the deposit is free now
 */
export async function thawDeposit({
  trx,
  deposit,
  project,
  milestones,
}: LockedDeposit): Promise<boolean> {
  if (await isDepositFrozen(trx, deposit.id)) return false
  for (const milestone of milestones) {
    const request = await trx
      .from('refund_requests')
      .where('milestone_id', milestone.id)
      .where('status', 'requested')
      .first()
    if (!request) await resumeInspection(trx, milestone)
  }
  await wakeWaitingPayouts(trx, project.freelancerId!, { refused: false })
  const refunds = await trx
    .from('transactions')
    .where('deposit_id', deposit.id)
    .where('transaction_type', 'refund')
    .where('status', 'pending')
    .whereNull('sent_at')
    .select('id')
  for (const { id } of refunds) await enqueue(trx, sendRefundJob, { transactionId: id })
  return true
}
