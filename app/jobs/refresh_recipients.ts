import db from '@adonisjs/lucid/services/db'
import { settings } from '#escrow/settings'
import { resumePayoutAccount } from '#payments/payout_accounts'
import { observeRecipient } from '#payments/recipients'
import { providerFor } from '#payments/registry'
import { defineJob } from '#jobs/queue'

const AT_ONCE = 100

/** A request of the account's owner may still be under way. */
const LEFT_ALONE_SECONDS = 120

/**
 * Goes on with accounts whose provider gave no answer yet, and asks about accounts that cannot be paid although money waits for their owner: the webhook that would
 * have told of the change may be lost. Those not asked about for longest come first.
 */
export default defineJob({
  name: 'refresh_recipients',
  schedule: '*/10 * * * *',
  retryLimit: 0,
  async handle(_, { logger, signal }) {
    const { unknown_lookup_interval_seconds: secondsApart, key_absence_lookups: lookups } =
      await settings(db)
    const unfinished = await db
      .from('payout_accounts')
      .whereNull('deleted_at')
      .where('destination', '')
      .whereRaw('greatest(attempted_at, last_lookup_at) < now() - make_interval(secs => ?)', [
        Math.min(LEFT_ALONE_SECONDS, secondsApart),
      ])
      .orderBy('attempted_at', 'desc')
      .limit(AT_ONCE)
      .select('id')
    for (const { id } of unfinished) {
      if (signal?.aborted) return
      try {
        await resumePayoutAccount(id, { lookups, secondsApart })
      } catch (error) {
        logger.error({ err: error, payoutAccountId: id }, 'resuming a payout account failed')
      }
    }
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
