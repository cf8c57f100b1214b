import { inTransaction } from '#database/transaction'
import type Release from '#models/release'
import { lockMilestone } from '#escrow/locks'
import { SYSTEM } from '#escrow/record_activity'
import { releaseHeld } from '#escrow/release_held'

/**
 * Approves submitted work whose inspection period has run out and releases what is held for it. By
 * the database's clock; does nothing if the clock was stopped or someone was faster.
 *
 * @returns the release, or nothing if it was not due
 * @throws Problem 409 if its money is stopped although its clock runs: that is a defect
 */
export async function autoApprove(milestoneId: string): Promise<Release | undefined> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    const due = await trx
      .from('milestones')
      .where('id', milestoneId)
      .where('status', 'submitted')
      .whereNull('closed_at')
      .whereRaw('auto_approve_at <= now()')
      .first()
    if (!due) return undefined
    return releaseHeld(trx, { project, milestone, kind: 'inspection_elapsed', actor: SYSTEM })
  })
}
