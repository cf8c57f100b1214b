import { defineJob } from '#jobs/queue'

/**
 * Sends a payout. What waits (for an account, a hold period, our balance) is picked up again when
 * that changes and by the schedule; what is unknown is tried again here, under the same key.
 */
export default defineJob<{ transactionId: string }>({
  name: 'send_payout',
  async handle({ transactionId }) {
    const { sendPayout } = await import('#escrow/send_payout')
    if ((await sendPayout(transactionId)) === 'unknown') {
      throw new Error(`the outcome of payout ${transactionId} is unknown; it will be looked up`)
    }
  },
})
