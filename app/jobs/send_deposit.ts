import { defineJob } from '#jobs/queue'

/** Finishes sending a deposit whose process died between recording and asking the provider. */
export default defineJob<{ transactionId: string }>({
  name: 'send_deposit',
  async handle({ transactionId }) {
    const { sendDeposit } = await import('#escrow/send_deposit')
    await sendDeposit(transactionId)
  },
})
