import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type Milestone from '#models/milestone'

/**
 * Stops the clock that approves by silence, and keeps what was left of it. Does nothing while no
 * clock runs.
 */
export async function stopInspection(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  await trx.rawQuery(
    `UPDATE milestones
        SET inspection_left = auto_approve_at - now(), auto_approve_at = NULL, updated_at = now()
      WHERE id = ? AND auto_approve_at IS NOT NULL`,
    [milestone.id]
  )
}

/**
 * Starts a stopped clock again with what was left of it, a day at least, so that the client has time
 * to look once more.
 */
export async function resumeInspection(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  await trx.rawQuery(
    `UPDATE milestones
        SET auto_approve_at = now() + greatest(inspection_left, interval '1 day'),
            inspection_left = NULL, updated_at = now()
      WHERE id = ? AND inspection_left IS NOT NULL AND closed_at IS NULL AND status = 'submitted'`,
    [milestone.id]
  )
}
