import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import { aboutProject, inWords } from '#escrow/about'
import { lockTransactionWithProject } from '#escrow/locks'
import { recordActivity, type Actor } from '#escrow/record_activity'
import { notify } from '#notifications/notify'
import type Project from '#models/project'
import type Transaction from '#models/transaction'

export interface CloseDeposit {
  actor: Actor
  failureCode: string
  failureMessage: string
}

/**
 * Ends a deposit that was not and cannot be paid any more: its milestones are free for another one.
 * Does nothing to a deposit that is no longer pending. Call it only when the provider said so, or
 * when the provider cannot know of the deposit.
 */
export async function closeDeposit(transactionId: string, why: CloseDeposit): Promise<void> {
  await inTransaction(async (trx) => {
    const { project, transaction } = await lockTransactionWithProject(trx, transactionId)
    await closeLockedDeposit(trx, project, transaction, why)
  })
}

/** The same for a caller that already holds the locks. */
export async function closeLockedDeposit(
  trx: TransactionClientContract,
  project: Project,
  transaction: Transaction,
  why: CloseDeposit
): Promise<void> {
  if (transaction.status !== 'pending') return
  await trx
    .from('transactions')
    .where('id', transaction.id)
    .update({
      status: 'failed',
      failure_code: why.failureCode,
      failure_message: why.failureMessage.slice(0, 500),
      completed_at: db.raw('now()'),
    })
  await trx.from('deposits').where('transaction_id', transaction.id).update({ state: 'closed' })
  await trx
    .from('deposit_allocations')
    .where('transaction_id', transaction.id)
    .update({ live: false })
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId ?? undefined,
    subject: { type: 'transaction', id: transaction.id },
    actor: why.actor,
    action: 'deposit.closed',
    from: 'pending',
    to: 'failed',
    details: { code: why.failureCode },
  })
  if (why.actor.type !== 'user') {
    await notify(trx, {
      userId: transaction.userId!,
      kind: why.failureCode === 'expired' ? 'deposit.expired' : 'deposit.failed',
      data: {
        ...aboutProject(project),
        ...inWords(Money.of(transaction.amount, transaction.currency)),
        transaction_id: transaction.id,
      },
    })
  }
}
