import { runVerification } from '#audit/run_verification'
import { sealAudit } from '#audit/seal'
import { defineJob } from '#jobs/queue'

/** Verifies the whole audit log each night, and when staff ask for it. */
export default defineJob({
  name: 'verify_audit',
  schedule: '43 2 * * *',
  retryLimit: 2,
  async handle(_, { logger }) {
    await sealAudit()
    const { ok, bad } = await runVerification()
    if (!ok) logger.fatal({ bad }, 'the audit log is not what was written')
  },
})
