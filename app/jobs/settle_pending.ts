import { settlePending } from '#escrow/settle_pending'
import { defineJob } from '#jobs/queue'

/** Younger ones are still in the hands of a request or a job of their own. */
const OLDER_THAN_SECONDS = 120

/** Looks up unknown outcomes, expires unpaid deposits, and tries again what had to wait. */
export default defineJob({
  name: 'settle_pending',
  schedule: '*/5 * * * *',
  retryLimit: 0,
  expireInSeconds: 900,
  async handle(_, { signal }) {
    await settlePending({ olderThanSeconds: OLDER_THAN_SECONDS, signal })
  },
})
