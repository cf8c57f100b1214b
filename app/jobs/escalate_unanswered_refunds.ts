import db from '@adonisjs/lucid/services/db'
import { escalateRefund } from '#escrow/escalate_refund'
import { defineJob } from '#jobs/queue'
import { isRecovering } from '#recovery/recovering'

/** More than that wait for the next run. */
const AT_ONCE = 500

/** Makes disputes of refund requests whose time to answer is over. */
export default defineJob({
  name: 'escalate_unanswered_refunds',
  schedule: '*/5 * * * *',
  retryLimit: 0,
  async handle(_, { logger }) {
    // What the parties said after the backup is not in it.
    if (await isRecovering()) return
    const due = await db
      .from('refund_requests')
      .where('status', 'requested')
      .whereRaw('respond_by <= now()')
      .orderBy('respond_by')
      .limit(AT_ONCE)
      .select('id')
    for (const { id } of due) {
      try {
        await escalateRefund(id)
      } catch (error) {
        logger.error({ err: error, refundRequestId: id }, 'escalating a refund request failed')
      }
    }
  },
})
