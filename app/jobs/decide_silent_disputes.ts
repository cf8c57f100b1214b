import { decideSilentDisputes } from '#escrow/disputes/decide_silent_disputes'
import { defineJob } from '#jobs/queue'
import { isRecovering } from '#recovery/recovering'

/** Settles disputes without a first answer, and hands those to staff that were not settled in time. */
export default defineJob({
  name: 'decide_silent_disputes',
  schedule: '*/5 * * * *',
  retryLimit: 0,
  async handle() {
    // What the parties said after the backup is not in it.
    if (await isRecovering()) return
    await decideSilentDisputes()
  },
})
