import { defineJob } from '#jobs/queue'

/**
 * Sends a refund. What waits for our balance is picked up again by the schedule; what is unknown is
 * tried again here, under the same key, and looked up by the schedule when the tries run out.
 */
export default defineJob<{ transactionId: string }>({
  name: 'send_refund',
  async handle({ transactionId }) {
    const { sendRefund } = await import('#escrow/send_refund')
    if ((await sendRefund(transactionId)) === 'unknown') {
      throw new Error(`the outcome of refund ${transactionId} is unknown; it will be looked up`)
    }
  },
})
