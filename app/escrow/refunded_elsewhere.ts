import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import { notFound, unprocessable, wrongState } from '#exceptions/problem'
import { escrowTotals } from '#ledger/balances'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { providerOfRail } from '#payments/registry'
import Deposit from '#models/deposit'
import Transaction, { type Rail } from '#models/transaction'
import { applyRefund } from '#escrow/apply_refund'
import type { ObservedDeposit } from '#escrow/book_deposit'
import { fundedBy, stopClocks, thawDeposit } from '#escrow/chargebacks/freeze'
import { closeMilestone } from '#escrow/close_milestone'
import { completeIfDone } from '#escrow/complete_project'
import { depositOf } from '#escrow/held_money'
import { lockMilestone, lockTransaction } from '#escrow/locks'
import { PROVIDER, recordActivity, SYSTEM } from '#escrow/record_activity'
import { startRefund } from '#escrow/start_refund'

/**
 * Freezes a deposit of which more went back to its payer than our refunds explain: somebody refunded it in
 * the provider's dashboard, or a product of the provider's did. Its escrow looks full, but the money is
 * gone; a release would pay it a second time. Which milestone it was for, a person has to say
 * (`adoptRefund`).
 *
 * Ours are those that were sent, whatever became of them but a failure. A deposit with a chargeback is
 * left to that: what a lost dispute gives back may look like a refund.
 */
export async function noteRefundedElsewhere({
  trx,
  observed: { refundedAmount: refunded },
  project,
  milestones,
  transaction,
  deposit,
}: ObservedDeposit): Promise<void> {
  if (!refunded?.isPositive || refunded.currency !== transaction.currency) return
  if (await trx.from('chargebacks').where('deposit_id', transaction.id).first()) return
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(amount), 0)::bigint AS minor FROM transactions
      WHERE deposit_id = ? AND transaction_type = 'refund'
        AND (status = 'completed' OR status = 'pending' AND sent_at IS NOT NULL)`,
    [transaction.id]
  )
  const elsewhere = refunded.minor - BigInt(rows[0].minor)
  if (elsewhere <= deposit.refundedElsewhere) return
  await trx
    .from('deposits')
    .where('transaction_id', transaction.id)
    .update({ refunded_elsewhere: elsewhere.toString() })
  await stopClocks(trx, await fundedBy(trx, transaction.id, milestones))
  const amount = Money.of(elsewhere, transaction.currency)
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId,
    subject: { type: 'transaction', id: transaction.id },
    actor: PROVIDER,
    action: 'deposit.refunded_elsewhere',
    details: { amount: amount.toDecimal(), currency: amount.currency },
  })
  logger.error(
    { depositId: transaction.id, amount: amount.toString() },
    'money went back to a payer by no refund of ours: its deposit is frozen until refunds:adopt'
  )
}

export interface AdoptRefund {
  rail: Rail
  /** What the provider calls the refund. */
  refundId: string
  milestoneId: string
  by: string
  reason: string
}

/**
 * Takes a refund that somebody made at the provider for one of ours: it comes out of what a milestone
 * holds, and the deposit thaws when all that went back past us is explained.
 *
 * @returns the refund's transaction, the one from before if it was adopted already
 * @throws Problem 404; 409 `not_refunded_elsewhere` if the deposit misses less than that, `nothing_held`;
 *   422 if the milestone holds less
 * @throws ProviderFailure if the provider does not show the refund now
 */
export async function adoptRefund(input: AdoptRefund): Promise<Transaction> {
  const provider = providerOfRail(input.rail)
  const movement = await provider.getRefund(input.refundId)
  const id = await inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, input.milestoneId)
    const known = await knownRefund(trx, input)
    if (known) return known
    const { id: depositId } = await depositOf(trx, milestone)
    const deposit = await lockTransaction(trx, depositId)
    if (deposit.rail !== input.rail) throw notFound('deposit on that rail')
    const details = await Deposit.query({ client: trx })
      .where('transaction_id', deposit.id)
      .firstOrFail()
    const { minor, currency } = movement.amount
    if (currency !== deposit.currency || minor > details.refundedElsewhere) {
      const missing = Money.of(details.refundedElsewhere, deposit.currency)
      throw wrongState(
        `Of this deposit ${missing} went back past us; ${input.refundId} is about ${movement.amount}.`,
        details.state,
        { code: 'not_refunded_elsewhere' }
      )
    }
    const [totals] = await escrowTotals(trx, [milestone.id])
    if (totals.held.compare(movement.amount) < 0) {
      throw unprocessable('milestone', 'held', `The milestone holds ${totals.held} only.`)
    }
    const refund = await startRefund(trx, {
      project,
      deposit,
      milestoneId: milestone.id,
      amount: movement.amount,
      from: accounts.escrow(milestone.id),
      reason: `${input.reason} (${input.by})`,
      actor: SYSTEM,
    })
    // The provider has it: nobody may send it.
    await trx
      .from('transactions')
      .where('id', refund.id)
      .update({ provider_transaction_id: input.refundId, sent_at: trx.raw('now()') })
    await trx
      .from('deposits')
      .where('transaction_id', deposit.id)
      .update({ refunded_elsewhere: (details.refundedElsewhere - minor).toString() })
    if (totals.held.equals(movement.amount)) {
      await closeMilestone(trx, milestone, 'refunded', SYSTEM, {
        released: totals.released.isPositive,
      })
    }
    const siblings = await project.related('milestones').query().useTransaction(trx)
    await thawDeposit({
      trx,
      deposit,
      project,
      milestones: await fundedBy(trx, deposit.id, siblings),
    })
    await completeIfDone(trx, project, SYSTEM)
    return refund.id
  })
  await applyRefund(provider, movement)
  return Transaction.findOrFail(id)
}

async function knownRefund(
  trx: TransactionClientContract,
  { rail, refundId }: AdoptRefund
): Promise<string | undefined> {
  const row = await trx
    .from('transactions')
    .where({ rail, transaction_type: 'refund', provider_transaction_id: refundId })
    .first()
  return row?.id
}
