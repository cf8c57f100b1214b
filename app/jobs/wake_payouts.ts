import { inTransaction } from '#database/transaction'
import { wakeWaitingPayouts } from '#escrow/wake_waiting_payouts'
import { defineJob } from '#jobs/queue'

/** Sends what waited because its freelancer had no account that can be paid. */
export default defineJob<{ userId: string }>({
  name: 'wake_payouts',
  async handle({ userId }) {
    await inTransaction((trx) => wakeWaitingPayouts(trx, userId, { refused: true }))
  },
})
