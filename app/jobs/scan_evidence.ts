import { scanEvidence } from '#escrow/scan_upload'
import { defineJob } from '#jobs/queue'

/** As `scan_deliverable`, for what is shown in a dispute. */
export default defineJob<{ evidenceId: string; again?: boolean }>({
  name: 'scan_evidence',
  expireInSeconds: 900,
  handle: ({ evidenceId, again }) => scanEvidence(evidenceId, again),
})
