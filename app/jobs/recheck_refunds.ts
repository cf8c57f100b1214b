import { recheckRefunds } from '#escrow/recheck_refunds'
import { defineJob } from '#jobs/queue'

/** Each has its turn again and again while it may still turn; how often depends on how many there are. */
const AT_ONCE = 300
const DAYS = 35

/** Finds refunds that a bank has sent back without anybody telling us. */
export default defineJob({
  name: 'recheck_refunds',
  schedule: '41 * * * *',
  retryLimit: 0,
  expireInSeconds: 3300,
  async handle(_, { logger, signal }) {
    const { turned } = await recheckRefunds({ days: DAYS, limit: AT_ONCE, signal })
    if (turned.length > 0) logger.warn({ turned }, 'refunds have turned, and nobody had told')
  },
})
