import logger from '@adonisjs/core/services/logger'
import { validate as isUuid } from 'uuid'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { notFound, wrongState } from '#exceptions/problem'
import Deposit from '#models/deposit'
import { lockTransactionWithProject } from '#escrow/locks'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { syncDisputed } from '#escrow/sync_disputed'
import { fundedBy, thawDeposit } from '#escrow/chargebacks/freeze'

/**
 * Lets a deposit go that is frozen only because its provider calls its charge disputed, and of which no
 * dispute has come to light: a person has asked, and there is none. A dispute that is told of later
 * freezes it again.
 *
 * @param input.by who has asked
 * @param input.reason what they found; kept, and shown to nobody outside
 * @param input.act who of staff does it, for the audit log
 * @throws Problem 404; 409 `wrong_state` if it is not disputed or was cleared already, `dispute_known` if
 *   there is a dispute, whose end thaws it
 */
export async function clearDispute(
  depositId: string,
  input: { by: string; reason: string; act?: Act }
): Promise<void> {
  const found = isUuid(depositId) ? await Deposit.find(depositId) : null
  if (!found) throw notFound('deposit')
  await inTransaction(async (trx) => {
    const { project, milestones, transaction } = await lockTransactionWithProject(trx, depositId)
    const deposit = await Deposit.findOrFail(depositId, { client: trx })
    if (!deposit.chargeDisputedAt || deposit.disputeClearedAt) {
      throw wrongState('Nothing is to be cleared: no dispute of it is waited for.', deposit.state)
    }
    const known = await trx.from('chargebacks').where('deposit_id', depositId).first()
    if (known) {
      throw wrongState(`Its dispute is ${known.state}; its end decides.`, known.state, {
        code: 'dispute_known',
      })
    }
    await trx
      .from('deposits')
      .where('transaction_id', depositId)
      .update({
        dispute_cleared_at: trx.raw('now()'),
        dispute_cleared_by: input.by,
        dispute_clear_reason: input.reason,
      })
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: transaction.milestoneId,
      subject: { type: 'transaction', id: depositId },
      actor: SYSTEM,
      action: 'deposit.dispute_cleared',
    })
    await recordAudit(trx, {
      ...(input.act ?? { actor: { type: 'operator', name: input.by }, reason: input.reason }),
      action: 'chargeback.cleared',
      target: { type: 'transaction', id: depositId },
    })
    logger.warn(
      { depositId, by: input.by },
      'a deposit was let go that its provider calls disputed'
    )
    await thawDeposit({
      trx,
      deposit: transaction,
      project,
      milestones: await fundedBy(trx, depositId, milestones),
    })
    await syncDisputed(trx, project.id, SYSTEM)
  })
}
