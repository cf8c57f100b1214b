import { settleClawBacks } from '#escrow/chargebacks/claw_back'
import { syncDisputes } from '#escrow/chargebacks/sync_disputes'
import { defineJob } from '#jobs/queue'

/** Finds disputes whose events never came, and goes on with claw-backs whose outcome is unknown. */
export default defineJob({
  name: 'sync_disputes',
  schedule: '17 * * * *',
  retryLimit: 0,
  expireInSeconds: 1800,
  async handle(_, { signal }) {
    await settleClawBacks(signal)
    await syncDisputes(signal)
  },
})
