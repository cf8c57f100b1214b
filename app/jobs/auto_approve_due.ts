import db from '@adonisjs/lucid/services/db'
import { autoApprove } from '#escrow/auto_approve'
import { defineJob } from '#jobs/queue'
import { isRecovering } from '#recovery/recovering'

/** More than that wait for the next minute. */
const AT_ONCE = 500

/** Approves work whose inspection period ran out. One that fails does not hold up the others. */
export default defineJob({
  name: 'auto_approve_due',
  schedule: '* * * * *',
  retryLimit: 0,
  async handle(_, { logger }) {
    // What the parties said after the backup is not in it.
    if (await isRecovering()) return
    const due = await db
      .from('milestones')
      .where('status', 'submitted')
      .whereNull('closed_at')
      .whereRaw('auto_approve_at <= now()')
      .orderBy('auto_approve_at')
      .limit(AT_ONCE)
      .select('id')
    for (const { id } of due) {
      try {
        await autoApprove(id)
      } catch (error) {
        logger.error({ err: error, milestoneId: id }, 'automatic approval failed')
      }
    }
  },
})
