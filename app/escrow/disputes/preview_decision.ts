import { inTransaction } from '#database/transaction'
import type { Money } from '#ledger/money'
import { notFound } from '#exceptions/problem'
import Dispute from '#models/dispute'
import { previewSettlement, type SettlementPreview } from '#escrow/settle_dispute'

/**
 * What a split of a dispute would post now: nothing is locked or written.
 *
 * @throws Problem 404; 409 `nothing_held`; 422 more than is held
 */
export async function previewOf(
  disputeId: string,
  toFreelancer: Money
): Promise<SettlementPreview> {
  return inTransaction(async (trx) => {
    const dispute = await Dispute.query({ client: trx })
      .where('id', disputeId)
      .preload('milestone', (milestone) => milestone.preload('project'))
      .first()
    if (!dispute) throw notFound('dispute')
    const { milestone } = dispute
    return previewSettlement(trx, { project: milestone.project, milestone, dispute, toFreelancer })
  })
}
