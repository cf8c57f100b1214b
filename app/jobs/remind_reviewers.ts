import { sendReviewReminders } from '#escrow/send_review_reminders'
import { defineJob } from '#jobs/queue'

/** Reminds clients of work that will count as approved soon. */
export default defineJob({
  name: 'remind_reviewers',
  schedule: '*/15 * * * *',
  retryLimit: 0,
  async handle() {
    await sendReviewReminders()
  },
})
