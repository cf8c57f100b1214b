import { BaseTransformer } from '@adonisjs/core/transformers'
import type { EscrowStatement } from '#escrow/escrow_statement'

/** The totals of a project's escrow account, and of each of its milestones. */
export default class EscrowStatementTransformer extends BaseTransformer<EscrowStatement> {
  toObject() {
    const { account, projectId, stripeAccountId, totals, refundPayable } = this.resource
    return {
      id: account?.id ?? null,
      project: projectId,
      currency: totals.currency,
      total_deposited: totals.totalDeposited.toDecimal(),
      total_released: totals.totalReleased.toDecimal(),
      total_refunded: totals.totalRefunded.toDecimal(),
      total_charged_back: totals.totalChargedBack.toDecimal(),
      balance: totals.balance.toDecimal(),
      refund_payable: refundPayable.toDecimal(),
      stripe_account_id: stripeAccountId,
      milestones: totals.milestones.map((milestone) => ({
        milestone_id: milestone.milestoneId,
        funded: milestone.funded.toDecimal(),
        released: milestone.released.toDecimal(),
        platform_fee: milestone.platformFee.toDecimal(),
        refunded: milestone.refunded.toDecimal(),
        charged_back: milestone.chargedBack.toDecimal(),
        held: milestone.held.toDecimal(),
      })),
    }
  }
}
