import { scanDeliverable } from '#escrow/scan_upload'
import { defineJob } from '#jobs/queue'

/** While clamd is down the file waits; `tidy_files` asks again when these tries are used up. */
export default defineJob<{ deliverableId: string; again?: boolean }>({
  name: 'scan_deliverable',
  expireInSeconds: 900,
  handle: ({ deliverableId, again }) => scanDeliverable(deliverableId, again),
})
