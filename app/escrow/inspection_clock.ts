import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type Milestone from '#models/milestone'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
import { OPEN_DISPUTE } from '#escrow/held_money'

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
 * to look once more, and is reminded once more of what is left. It stays stopped while a dispute, of the
 * milestone or of its payment, is open; its end starts it then.
 */
export async function resumeInspection(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  await trx.rawQuery(
    `UPDATE milestones m
        SET auto_approve_at = now() + greatest(m.inspection_left, interval '1 day'),
            reminders_sent = coalesce(
              (SELECT jsonb_agg(mark) FROM jsonb_array_elements(m.reminders_sent) mark
                WHERE make_interval(days => mark::int) > greatest(m.inspection_left, interval '1 day')),
              '[]'),
            inspection_left = NULL, updated_at = now()
      WHERE m.id = ? AND m.inspection_left IS NOT NULL AND m.closed_at IS NULL
        AND m.status = 'submitted' AND NOT ${FROZEN_MILESTONE}
        AND NOT EXISTS (SELECT FROM disputes
                         WHERE milestone_id = m.id AND status = ANY(?))`,
    [milestone.id, OPEN_DISPUTE]
  )
}
