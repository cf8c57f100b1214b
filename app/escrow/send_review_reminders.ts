import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import { aboutMilestone } from '#escrow/about'
import { lockMilestone } from '#escrow/locks'
import { setting } from '#escrow/settings'

/** More than that wait for the next run. */
const AT_ONCE = 500

/**
 * Reminds clients of work that will count as approved soon, once for each of the setting's
 * `review_reminder_days` before. Where several are due at once (a short inspection period), one
 * reminder serves for all of them. One that fails does not hold up the others.
 *
 * @returns how many reminders were sent
 */
export async function sendReviewReminders(): Promise<number> {
  const marks = await setting(db, 'review_reminder_days')
  const due = await db
    .from('milestones')
    .whereNull('closed_at')
    .where('status', 'submitted')
    .whereRaw(`auto_approve_at >= now()`)
    .whereRaw(
      `EXISTS (SELECT FROM unnest(?::int[]) AS mark
                WHERE auto_approve_at <= now() + make_interval(days => mark)
                  AND NOT reminders_sent @> to_jsonb(mark))`,
      [marks]
    )
    .orderBy('auto_approve_at')
    .limit(AT_ONCE)
    .select('id')
  let sent = 0
  for (const { id } of due) {
    try {
      if (await remind(id, marks)) sent++
    } catch (error) {
      logger.error({ err: error, milestoneId: id }, 'reminding of a review failed')
    }
  }
  return sent
}

async function remind(milestoneId: string, days: number[]): Promise<boolean> {
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
    const marks = days.filter((mark) => left <= mark && !sent.includes(mark))
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
