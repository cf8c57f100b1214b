import { deleteOrphans } from '#drive/delete_orphans'
import { scanWaiting } from '#escrow/scan_waiting'
import { defineJob } from '#jobs/queue'

/** Makes good what a crash, or a scanner that was down for long, has left undone. */
export default defineJob({
  name: 'tidy_files',
  schedule: '23 * * * *',
  retryLimit: 2,
  async handle(_, { signal }) {
    await scanWaiting()
    await deleteOrphans(signal)
  },
})
