import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import { lockDispute } from '#escrow/dispute_states'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { setting } from '#escrow/settings'
import { notifyAll } from '#notifications/notify'

/** More than that wait for the next run. */
const AT_ONCE = 500

/** What a dispute `d` waits for, as SQL: the first answer, or that both agree. */
const DEADLINE = `CASE d.status WHEN 'open' THEN d.respond_by WHEN 'negotiating' THEN d.negotiate_until END`

/**
 * Reminds of the end of a dispute's time, once for each of the setting's `dispute_reminder_days` before:
 * the respondent who has not answered (unless we have shut them out), or both who have not agreed. Where
 * several are due at once, one reminder serves for all of them. One that fails does not hold up the others.
 *
 * @returns how many disputes were reminded of
 */
export async function remindOfDisputes(): Promise<number> {
  const marks = await setting(db, 'dispute_reminder_days')
  const { rows } = await db.rawQuery(
    `SELECT d.id FROM disputes d
      WHERE d.status IN ('open', 'negotiating') AND ${DEADLINE} >= now()
        AND NOT (d.status = 'open' AND EXISTS (SELECT FROM users u
                  WHERE u.id = d.respondent_id AND u.suspended_at IS NOT NULL))
        AND EXISTS (SELECT FROM unnest(?::int[]) AS mark
                     WHERE ${DEADLINE} <= now() + make_interval(days => mark)
                       AND NOT d.reminders_sent @> to_jsonb(mark))
      ORDER BY ${DEADLINE}, d.id LIMIT ${AT_ONCE}`,
    [marks]
  )
  let sent = 0
  for (const { id } of rows) {
    try {
      if (await remind(id, marks)) sent++
    } catch (error) {
      logger.error({ err: error, disputeId: id }, 'reminding of a dispute failed')
    }
  }
  return sent
}

async function remind(id: string, days: number[]): Promise<boolean> {
  return inTransaction(async (trx) => {
    const locked = await lockDispute(trx, id)
    const { dispute } = locked
    const { rows } = await trx.rawQuery(
      `SELECT extract(epoch FROM ${DEADLINE} - now()) / 86400 AS days FROM disputes d WHERE d.id = ?`,
      [id]
    )
    if (rows[0].days === null) return false
    const left = Number(rows[0].days)
    const sent: number[] = dispute.remindersSent
    const marks = days.filter((mark) => left <= mark && !sent.includes(mark))
    if (left < 0 || marks.length === 0) return false
    await trx
      .from('disputes')
      .where('id', id)
      .update({ reminders_sent: JSON.stringify([...sent, ...marks]) })
    const unanswered = dispute.status === 'open'
    const until = unanswered ? dispute.respondBy! : dispute.negotiateUntil!
    const told = unanswered ? [dispute.respondentId] : [dispute.openedBy, dispute.respondentId]
    await notifyAll(
      trx,
      told.map((userId) => ({
        userId,
        kind: 'dispute.reminder' as const,
        data: {
          ...aboutDispute(locked),
          unanswered,
          until: until.toUTC().toISO()!,
          days: Math.max(1, Math.ceil(left)),
        },
      }))
    )
    return true
  })
}
