import { remindOfDisputes } from '#escrow/disputes/remind_of_disputes'
import { defineJob } from '#jobs/queue'

/** Reminds the parties of disputes whose time is about to end. */
export default defineJob({
  name: 'remind_of_disputes',
  schedule: '*/15 * * * *',
  retryLimit: 0,
  async handle() {
    await remindOfDisputes()
  },
})
