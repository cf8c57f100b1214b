import db from '@adonisjs/lucid/services/db'
import { observeRecipient } from '#payments/recipients'
import { providerFor } from '#payments/registry'
import { defineJob } from '#jobs/queue'

const AT_ONCE = 100

/**
 * Asks about accounts that cannot be paid although money waits for their owner: the webhook that would
 * have told of the change may be lost. Those not asked about for longest come first.
 */
export default defineJob({
  name: 'refresh_recipients',
  schedule: '*/10 * * * *',
  retryLimit: 0,
  async handle(_, { logger, signal }) {
    const { rows } = await db.rawQuery(
      `SELECT id, payment_provider, destination FROM payout_accounts a
        WHERE is_default AND deleted_at IS NULL AND status <> 'enabled' AND destination <> ''
          AND EXISTS (SELECT FROM payouts p
                       WHERE p.user_id = a.user_id AND p.state IN ('waiting', 'failed'))
        ORDER BY status_at NULLS FIRST LIMIT ?`,
      [AT_ONCE]
    )
    for (const { id, payment_provider: name, destination } of rows) {
      if (signal?.aborted) return
      try {
        await observeRecipient(name, () => providerFor(name).getRecipient(destination))
      } catch (error) {
        logger.error({ err: error, payoutAccountId: id }, 'refreshing a payout account failed')
      }
    }
  },
})
