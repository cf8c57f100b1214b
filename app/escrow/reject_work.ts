import { aboutMilestone } from '#escrow/about'
import { assertNotFrozen } from '#escrow/held_money'
import { lockMilestone } from '#escrow/locks'
import { assertNotClosed } from '#escrow/milestone_rules'
import { transition } from '#escrow/milestone_states'
import { actorOf } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import type Milestone from '#models/milestone'
import type User from '#models/user'

/**
 * Sends work back with the client's reasons and stops the inspection clock. The money stays held;
 * the freelancer hands in again.
 *
 * @throws Problem 409 `wrong_state` unless work is handed in; 409 `milestone_closed`, `frozen`
 */
export async function rejectWork(
  milestoneId: string,
  { by, reason }: { by: User; reason: string }
): Promise<Milestone> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    assertNotClosed(milestone)
    await assertNotFrozen(trx, milestone)
    await transition(trx, milestone, 'rejected', actorOf(by), { details: { reason } })
    await trx.rawQuery(
      `UPDATE submissions
          SET review = 'rejected', review_reason = :reason, reviewed_by = :by, reviewed_at = now()
        WHERE milestone_id = :id AND review IS NULL`,
      { reason, by: by.id, id: milestone.id }
    )
    await trx.rawQuery(
      'UPDATE milestones SET auto_approve_at = NULL, inspection_left = NULL WHERE id = ?',
      [milestone.id]
    )
    await milestone.useTransaction(trx).refresh()
    await notify(trx, {
      userId: project.freelancerId!,
      kind: 'milestone.rejected',
      data: aboutMilestone(project, milestone),
    })
    return milestone
  })
}
