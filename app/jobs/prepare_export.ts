import { failExport, prepareExport } from '#privacy/prepare_export'
import { defineJob } from '#jobs/queue'

/** The key goes with the job, so that a file is found and deleted although its row is gone. */
export default defineJob<{ exportId: string; key: string }>({
  name: 'prepare_export',
  retryLimit: 5,
  expireInSeconds: 3600,
  concurrency: 1,
  async handle({ exportId, key }, { lastAttempt, signal }) {
    try {
      await prepareExport(exportId, key, signal)
    } catch (error) {
      if (lastAttempt) await failExport(exportId, key)
      throw error
    }
  },
})
