import { decideSilentDisputes } from '#escrow/disputes/decide_silent_disputes'
import { defineJob } from '#jobs/queue'

/** Settles disputes without a first answer, and hands those to staff that were not settled in time. */
export default defineJob({
  name: 'decide_silent_disputes',
  schedule: '*/5 * * * *',
  retryLimit: 0,
  async handle() {
    await decideSilentDisputes()
  },
})
