import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApprovalKind } from '#approvals/approval_kind'
import { accounts } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { Problem, wrongState } from '#exceptions/problem'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { SYSTEM, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
import { lockOwedRefund } from '#escrow/retry_refund'

/** `reference`: what our bank calls the payment. */
export interface PaidByHand {
  reference: string
}

/**
 * Booking that a refund which no rail could carry was paid to its client from our bank. Nothing is paid
 * here: it has happened. If a lost chargeback has settled a part of the refund, what was paid is the rest,
 * which is a refund of its own then. The subject is the refund that failed. Refused are 404; 409
 * `not_owed`, `frozen`, and `reference_used` if the payment has paid a refund already.
 */
export const refundPaidByHand: ApprovalKind<PaidByHand> = {
  name: 'refund_paid_by_hand',
  about: 'Pay a refund another way',
  subjectType: 'transaction',
  proposes: 'refund.pay_by_hand',
  approves: 'money.approve',

  async lock(trx, refundId, { reference }) {
    await assertUnused(trx, refundId, reference)
    const { refund, owed } = await lockOwedRefund(trx, refundId)
    if (refund.id !== refundId) {
      throw wrongState(
        `This is the rest of the refund ${refund.id}; pay that one.`,
        refund.status,
        {
          code: 'continues_another',
        }
      )
    }
    return { amount: owed, payee: `user:${refund.userId}`, version: BigInt(refund.attempt) }
  },

  async carryOut(trx, approval) {
    const { project, refund: owing, owed, inFull } = await lockOwedRefund(trx, approval.subjectId)
    const { reference } = approval.content as PaidByHand
    const refund = inFull ? owing : await restOf(trx, owing, owed)
    const entries = await refundEntries(trx, refund)
    await trx.table('refunds_paid_by_hand').insert({
      transaction_id: refund.id,
      reference,
      paid_by: `staff:${approval.proposedBy}`,
      reason: approval.reason,
      approval_id: approval.id,
    })
    await postEntries(trx, [entries.paidByHand()])
    await trx
      .from('transactions')
      .where('id', refund.id)
      .update({ status: 'completed', completed_at: trx.raw('now()') })
    await tell(trx, project, refund, owed)
  },

  async preview(_, { id, payee, money }) {
    const owed = accounts.refundPayable(payee.slice('user:'.length))
    return [
      {
        reference: `refund_paid_by_hand:${id}`,
        kind: 'refund_paid_by_hand',
        postings: [debit(owed, money), credit(accounts.bank(), money)],
      },
    ]
  },
}

async function restOf(
  trx: TransactionClientContract,
  refund: Transaction,
  owed: Money
): Promise<Transaction> {
  return Transaction.create(
    {
      escrowAccountId: refund.escrowAccountId,
      milestoneId: refund.milestoneId,
      userId: refund.userId,
      transactionType: 'refund',
      paymentProvider: refund.paymentProvider,
      rail: refund.rail,
      status: 'pending',
      amount: owed.minor,
      currency: owed.currency,
      depositId: refund.depositId,
      continuesId: refund.id,
      attempt: 1,
    },
    { client: trx }
  )
}

/** @throws Problem 409 `reference_used` */
async function assertUnused(trx: TransactionClientContract, refundId: string, reference: string) {
  // One at a time: two may bring the same reference for different refunds.
  await trx.rawQuery(`SELECT pg_advisory_xact_lock(hashtextextended('paid_by_hand:' || ?, 0))`, [
    reference,
  ])
  const { rows: used } = await trx.rawQuery(
    `SELECT CASE ? WHEN t.continues_id::text THEN t.continues_id ELSE t.id END AS id, h.reference
       FROM refunds_paid_by_hand h JOIN transactions t ON t.id = h.transaction_id
      WHERE h.reference = ? OR t.id::text = ?
      ORDER BY h.reference <> ?`,
    [refundId, reference, refundId, reference]
  )
  if (used.length === 0) return
  const [{ id, reference: before }] = used
  throw new Problem(
    id === refundId
      ? `This refund was paid by hand as ${before}.`
      : `${reference} has paid the refund ${id}; one payment pays one refund.`,
    { code: 'reference_used', status: 409 }
  )
}

async function tell(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  amount: Money
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: refund.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: SYSTEM,
    action: 'refund.paid_by_hand',
    from: 'failed',
    to: 'completed',
    details: inWords(amount),
  })
  await notify(trx, {
    userId: refund.userId!,
    kind: 'refund.completed',
    data: { ...aboutProject(project), ...inWords(amount), transaction_id: refund.id },
  })
}
