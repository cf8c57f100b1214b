import { defineJob } from '#jobs/queue'

/** Takes an unclaimed payout back. If its outcome is unknown, it is looked up by the next try. */
export default defineJob<{ transactionId: string }>({
  name: 'cancel_payout',
  async handle({ transactionId }) {
    const { carryOutCancellation } = await import('#escrow/cancel_unclaimed')
    await carryOutCancellation(transactionId)
  },
})
