import { warnOfHoldLimits } from '#escrow/warn_of_hold_limits'
import { defineJob } from '#jobs/queue'

/** Tells daily of held money that its rail will soon neither refund nor hold. */
export default defineJob({
  name: 'warn_of_hold_limits',
  schedule: '0 6 * * *',
  async handle() {
    await warnOfHoldLimits()
  },
})
