import db from '@adonisjs/lucid/services/db'
import { runPayouts } from '#escrow/run_payouts'
import { drainQueue } from '#jobs/queue'
import { backfillEvents } from '#payments/backfill_events'
import { offeredRails } from '#payments/registry'
import { happen } from './stand_ins.js'
import type { Timeline } from './timeline.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** So many stories go on at the same moment, as people do. */
const AT_ONCE = 6

/** A story under way: what it does next, and when; nothing any more, when it is told. */
export interface Thread {
  name: string
  next?: Date
  steps: AsyncGenerator<number, void>
}

/** PayPal takes an approval back that is not captured within three hours: its news must come before. */
const WORKING_HOURS = 2

/** Until everything that the providers tell in the evening is dealt with. */
const SETTLING_MS = 10 * 60_000

/** The days of the play, as days before its end: every other one at first, and all of the last ones. */
const DAYS = [
  ...Array.from({ length: 39 }, (_, index) => 90 - index * 2),
  ...Array.from({ length: 13 }, (_, index) => 13 - index),
].map((days, index) => days + ((index * 5) % 11) / 24)
DAYS.push(0.12)

/**
 * Lets everything happen, day by day: who acts that day, and in the evening what the providers tell of it.
 *
 * @param onDay what else happens each morning, so many days before the end
 */
export async function play(
  timeline: Timeline,
  threads: Thread[],
  onDay: (days: number) => Promise<void>
): Promise<void> {
  for (const rail of offeredRails()) await happen(rail, 'webhook_mode', { drop: 'all' })
  for (const days of DAYS) {
    const morning = timeline.daysAgo(days)
    const evening = new Date(morning.getTime() + WORKING_HOURS * HOUR_MS)
    await timeline.moveTo(morning)
    await onDay(days)
    await act(timeline, threads, morning, evening)
    await timeline.moveTo(evening)
    await settle(new Date(morning.getTime() - DAY_MS), evening)
    // Else the night would lie between what a provider did and our knowing of it.
    await timeline.doneBy(new Date(evening.getTime() + SETTLING_MS))
  }
  for (const rail of offeredRails()) await happen(rail, 'webhook_mode', {})
}

/** All whose turn it is, a few at a time, over the day. */
async function act(timeline: Timeline, threads: Thread[], morning: Date, evening: Date) {
  const due = threads.filter(({ next }) => next && next <= evening)
  const hours = (evening.getTime() - morning.getTime()) * 0.8
  for (let from = 0; from < due.length; from += AT_ONCE) {
    const now = new Date(morning.getTime() + (hours * from) / due.length)
    if (from > 0) await timeline.moveTo(now)
    await Promise.all(due.slice(from, from + AT_ONCE).map((thread) => step(thread, now)))
  }
}

async function step(thread: Thread, now: Date): Promise<void> {
  try {
    const { value, done } = await thread.steps.next()
    thread.next = done ? undefined : new Date(now.getTime() + value * DAY_MS)
  } catch (error) {
    throw new Error(`The demo's story "${thread.name}" went wrong: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** What providers tell of a period arrives, and every job that is due is done. */
export async function settle(from: Date, to: Date): Promise<void> {
  for (let round = 0; round < 5; round++) {
    let taken = 0
    for (const rail of offeredRails()) {
      // What has just happened there, too.
      const period = { from, to: new Date(to.getTime() + HOUR_MS) }
      const filled = await backfillEvents(rail, period)
      taken += filled.taken
    }
    await forgetMails()
    const { done, errors } = await drainQueue({ concurrency: AT_ONCE })
    if (errors.length > 0) throw errors[0].error
    // What had to wait, for instance because others drew on the same balance at that moment.
    if (taken + done === 0) return void (await Array.fromAsync(runPayouts()))
  }
}

/** Nobody wants thousands of mails of months ago; what they say is in the notifications. */
async function forgetMails(): Promise<void> {
  await db.rawQuery(
    `DELETE FROM pgboss.job WHERE state = 'created' AND name IN ('mail_notification', 'mail_invitation')`
  )
}
