import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { Money } from '#ledger/money'
import Transaction from '#models/transaction'
import { inWords } from '#escrow/about'
import { lockDebts } from '#escrow/chargebacks/debts'
import { lockPayout } from '#escrow/lock_payout'
import { payFree } from '#escrow/pay_free'
import { recordActivity, SYSTEM } from '#escrow/record_activity'

/**
 * Sends once more what came back of a payout after it had been paid. It goes to the freelancer's default
 * account of now, as a payout of its own, and never by itself: somebody has to know why it came back.
 *
 * Repeating it pays nothing twice: only what came back and was not sent again yet is.
 *
 * @param payoutId of the payout that came back
 * @param act who decided it, and why it is sent again
 * @returns what is sent again
 * @throws Problem 404; 409 `nothing_returned` if nothing came back, or all of it was sent again or went
 *   into a debt
 */
export async function repayReturned(payoutId: string, act: Act): Promise<Money> {
  return inTransaction(async (trx) => {
    const { project, transaction, payout } = await lockPayout(trx, payoutId)
    const { rows } = await trx.rawQuery(
      `SELECT coalesce(sum(t.amount), 0)::bigint AS minor
         FROM payouts p JOIN transactions t ON t.id = p.transaction_id
        WHERE p.repays_id = ? AND p.state <> 'cancelled'`,
      [payoutId]
    )
    const left = Money.of(payout.returnedAmount - BigInt(rows[0].minor), transaction.currency)
    await lockDebts(trx, payout.userId, transaction.currency)
    const deposit = await Transaction.findOrFail(transaction.depositId!, { client: trx })
    const sent = left.isPositive
      ? await payFree(
          trx,
          {
            origin: { repaysId: payoutId },
            deposit,
            milestoneId: transaction.milestoneId!,
            userId: payout.userId,
          },
          left
        )
      : left
    if (!sent.isPositive) {
      throw wrongState('Nothing that came back of this payout is left to be sent.', payout.state, {
        code: 'nothing_returned',
      })
    }
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: transaction.milestoneId,
      subject: { type: 'transaction', id: payoutId },
      actor: SYSTEM,
      action: 'payout.repaid',
      details: inWords(sent),
    })
    await recordAudit(trx, {
      ...act,
      action: 'payout.repaid',
      target: { type: 'transaction', id: payoutId },
      before: { left: left.toDecimal(), currency: left.currency },
      after: { sent: sent.toDecimal(), currency: sent.currency },
    })
    return sent
  })
}
