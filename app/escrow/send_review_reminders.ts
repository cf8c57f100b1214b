import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#ledger/retry_transaction'
import { notify } from '#notifications/notify'
import { aboutMilestone } from '#escrow/about'
import { lockMilestone } from '#escrow/locks'

/** Days before the automatic approval on which the client is reminded. */
export const REMINDER_DAYS = [7, 3, 1] as const

/**
 * Reminds clients of work that will count as approved soon, once for each of the days above. Where
 * several are due at once (a short inspection period), one reminder serves for all of them.
 *
 * @returns how many reminders were sent
 */
export async function sendReviewReminders(): Promise<number> {
  const due = await db
    .from('milestones')
    .whereNull('closed_at')
    .where('status', 'submitted')
    .whereRaw(`auto_approve_at BETWEEN now() AND now() + make_interval(days => ?)`, [
      REMINDER_DAYS[0],
    ])
    .whereRaw(
      `EXISTS (SELECT FROM unnest(?::int[]) AS mark
                WHERE auto_approve_at <= now() + make_interval(days => mark)
                  AND NOT reminders_sent @> to_jsonb(mark))`,
      [[...REMINDER_DAYS]]
    )
    .select('id')
  let sent = 0
  for (const { id } of due) {
    if (await remind(id)) sent++
  }
  return sent
}

async function remind(milestoneId: string): Promise<boolean> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    if (milestone.status !== 'submitted' || milestone.isClosed || !milestone.autoApproveAt)
      return false
    const { rows } = await trx.rawQuery(
      `SELECT extract(epoch FROM auto_approve_at - now()) / 86400 AS days FROM milestones WHERE id = ?`,
      [milestoneId]
    )
    const left = Number(rows[0].days)
    const sent: number[] = milestone.remindersSent
    const marks = REMINDER_DAYS.filter((mark) => left <= mark && !sent.includes(mark))
    if (left < 0 || marks.length === 0) return false
    await trx
      .from('milestones')
      .where('id', milestoneId)
      .update({ reminders_sent: JSON.stringify([...sent, ...marks]) })
    await notify(trx, {
      userId: project.clientId,
      kind: 'milestone.review_reminder',
      data: {
        ...aboutMilestone(project, milestone),
        auto_approve_at: milestone.autoApproveAt.toUTC().toISO()!,
        days: Math.max(1, Math.ceil(left)),
      },
    })
    return true
  })
}
