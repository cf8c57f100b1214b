import { sealAudit } from '#audit/seal'
import { defineJob } from '#jobs/queue'

/** Adds new lines of the audit log to its hash chain. */
export default defineJob({
  name: 'seal_audit',
  schedule: '* * * * *',
  retryLimit: 2,
  async handle() {
    await sealAudit()
  },
})
