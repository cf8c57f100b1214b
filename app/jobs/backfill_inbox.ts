import { backfillEvents } from '#payments/backfill_events'
import { offeredRails } from '#payments/registry'
import { defineJob } from '#jobs/queue'

/** Far enough back for a weekend on which nobody listened; what is older, operators fetch. */
const DAYS = 3

/** Takes in what webhooks should have brought and did not, of every rail and its connected accounts. */
export default defineJob({
  name: 'backfill_inbox',
  schedule: '47 * * * *',
  retryLimit: 0,
  expireInSeconds: 3300,
  async handle(_, { logger, signal }) {
    const to = new Date()
    const from = new Date(to.getTime() - DAYS * 86_400_000)
    for (const rail of offeredRails()) {
      try {
        const { taken, types } = await backfillEvents(rail, { from, to }, { signal })
        if (taken > 0) logger.warn({ rail, taken, types }, 'events had never come')
      } catch (error) {
        logger.error({ err: error, rail }, 'back-filling events failed')
      }
    }
  },
})
