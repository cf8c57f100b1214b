import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type Release from '#models/release'
import { isoTime } from '#transformers/serialize'

/** A release: what left escrow, the fee, and what the freelancer gets. */
export default class ReleaseTransformer extends BaseTransformer<Release> {
  toObject() {
    const release = this.resource
    return {
      id: release.id,
      milestone_id: release.milestoneId,
      transaction_id: release.transactionId,
      deposit_id: release.depositId,
      kind: release.kind,
      amount: formatMinor(release.amount, release.currency),
      platform_fee: formatMinor(release.fee, release.currency),
      net: formatMinor(release.net, release.currency),
      debt_offset: formatMinor(release.debtOffset, release.currency),
      currency: release.currency,
      payout: release.payout
        ? { transaction_id: release.payout.transactionId, state: release.payout.state }
        : null,
      created_at: isoTime(release.createdAt),
    }
  }
}
