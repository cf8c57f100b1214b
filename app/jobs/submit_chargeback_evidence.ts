import { submitDueEvidence } from '#escrow/chargebacks/submit_evidence'
import { defineJob } from '#jobs/queue'

/** Sends evidence for disputes before it is too late, or tells staff that they have to. */
export default defineJob({
  name: 'submit_chargeback_evidence',
  schedule: '*/30 * * * *',
  retryLimit: 0,
  expireInSeconds: 900,
  async handle(_, { signal }) {
    await submitDueEvidence(signal)
  },
})
