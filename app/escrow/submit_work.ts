import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wrongState } from '#exceptions/problem'
import { aboutMilestone } from '#escrow/about'
import { assertNotStopped } from '#escrow/held_money'
import { lockMilestone } from '#escrow/locks'
import { assertNotClosed } from '#escrow/milestone_rules'
import { transition } from '#escrow/milestone_states'
import { submitDeliverables } from '#escrow/submitted_deliverables'
import { actorOf } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import Submission from '#models/submission'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type User from '#models/user'
import type { SubmissionInput } from '#validators/milestone'

/**
 * Hands work in and starts the inspection clock: `inspection_days` of the project from now on, by
 * the database's clock, after which silence counts as approval.
 *
 * @throws Problem 409 `not_funded`, `milestone_closed`, `frozen`, `refund_pending`, `scan_pending`,
 *   `quarantined`, or `wrong_state` if work was already handed in or approved; 422 for a file that is none
 */
export async function submitWork(
  milestoneId: string,
  { by, work }: { by: User; work: SubmissionInput }
): Promise<Milestone> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    assertRunning(project)
    assertNotClosed(milestone)
    if (!milestone.isFunded) {
      throw wrongState(
        'Work can be handed in once the client has funded the milestone.',
        milestone.status,
        { code: 'not_funded' }
      )
    }
    // A refund request has stopped the clock that this would start.
    await assertNotStopped(trx, milestone)

    const deliverables = await submitDeliverables(trx, milestone, work.deliverable_ids ?? [])
    const submission = await Submission.create(
      {
        milestoneId: milestone.id,
        submittedBy: by.id,
        note: work.note,
        links: work.links ?? [],
        deliverables,
      },
      { client: trx }
    )
    await transition(trx, milestone, 'submitted', actorOf(by), {
      details: { submission_id: submission.id },
    })
    await startInspection(trx, project, milestone)
    await notify(trx, {
      userId: project.clientId,
      kind: 'milestone.submitted',
      data: {
        ...aboutMilestone(project, milestone),
        auto_approve_at: milestone.autoApproveAt!.toUTC().toISO()!,
      },
    })
    return milestone
  })
}

function assertRunning(project: Project): void {
  if (project.status !== 'active' && project.status !== 'disputed') {
    throw wrongState(`The project is ${project.status}.`, project.status)
  }
}

async function startInspection(
  trx: TransactionClientContract,
  project: Project,
  milestone: Milestone
): Promise<void> {
  await trx.rawQuery(
    `UPDATE milestones
        SET auto_approve_at = now() + make_interval(days => ?), inspection_left = NULL,
            reminders_sent = '[]'
      WHERE id = ?`,
    [project.inspectionDays!, milestone.id]
  )
  await milestone.useTransaction(trx).refresh()
}
