import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import type { Provider } from '#payments/provider'
import { offeredRails, providerOfRail } from '#payments/registry'
import { recordDispute } from '#escrow/chargebacks/apply_dispute'
import { observeDispute } from '#escrow/chargebacks/observe_dispute'

/** Providers send an event again for three days; what was lost longer ago was seen by an earlier run. */
const LOOK_BACK_MS = 4 * 24 * 3_600_000

/**
 * Looks at every dispute of the last days, and at every one that is open with us, at each provider: the
 * event that would have told of it may be lost, and a deadline for evidence is not. What fails holds up
 * nothing else.
 *
 * @returns how many disputes were looked at
 * @throws Error at the end if any of it failed, so that somebody sees it
 */
export async function syncDisputes(signal?: AbortSignal): Promise<number> {
  const failed: unknown[] = []
  const tryTo = async (about: object, what: string, act: () => Promise<unknown>) => {
    try {
      await act()
    } catch (error) {
      logger.error({ err: error, ...about }, `${what} failed`)
      failed.push(error)
    }
  }
  let count = 0
  for (const rail of offeredRails()) {
    const provider = providerOfRail(rail)
    const sync: Sync = { provider, seen: new Set(), tryTo, signal }
    await tryTo({ rail }, 'listing disputes', () => syncListed(sync))
    await tryTo({ rail }, 'looking at open disputes', () => syncOpen(sync))
    await tryTo({ rail }, 'looking for disputes that do not end', () => warnOfUnsettled(provider))
    count += sync.seen.size
  }
  if (failed.length > 0) {
    throw new AggregateError(failed, `${failed.length} looks at disputes failed; see the log.`)
  }
  return count
}

interface Sync {
  provider: Provider
  /** The provider's ids of those that were looked at. */
  seen: Set<string>
  /** Logs what fails, and goes on. */
  tryTo: (about: object, what: string, act: () => Promise<unknown>) => Promise<void>
  signal?: AbortSignal
}

async function syncListed({ provider, seen, tryTo, signal }: Sync): Promise<void> {
  const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS asked_at')
  const to = new Date()
  const from = new Date(to.getTime() - LOOK_BACK_MS)
  for await (const dispute of provider.listDisputes({ from, to })) {
    if (signal?.aborted) break
    seen.add(dispute.id)
    await tryTo({ dispute: dispute.id }, 'bringing a dispute up to date', async () => {
      const outcome = await recordDispute(provider, dispute, rows[0].asked_at)
      // Its payment may not be booked yet. An old one would have been, long ago: it is none of ours.
      if (outcome === 'not_ours' && dispute.openedAt >= from) {
        await observeDispute(provider, () => provider.getDispute(dispute.id))
      }
    })
  }
}

async function syncOpen({ provider, seen, tryTo, signal }: Sync): Promise<void> {
  const open = await db
    .from('chargebacks')
    .where('rail', provider.rail)
    .whereNull('closed_at')
    .orderBy('observed_at')
    .select('provider_dispute_id')
  const left = open.map((row) => row.provider_dispute_id).filter((id) => !seen.has(id))
  for (const id of left) {
    if (signal?.aborted) break
    seen.add(id)
    await tryTo({ dispute: id }, 'bringing a dispute up to date', () =>
      observeDispute(provider, () => provider.getDispute(id))
    )
  }
}

/** Says it again until it is so, or somebody has asked the provider. */
async function warnOfUnsettled({ rail }: Provider): Promise<void> {
  const rows = await db
    .from('chargebacks')
    .where('rail', rail)
    .whereNull('closed_at')
    .whereIn('state', ['won', 'lost', 'closed'])
    .orderBy('id')
    .select('id', 'state', 'provider_dispute_id')
  for (const { id, state, provider_dispute_id: dispute } of rows) {
    logger.error({ chargebackId: id, dispute, state }, 'a dispute is over, but not its money')
  }
  const { rows: unknown } = await db.rawQuery(
    `SELECT t.id FROM deposits d JOIN transactions t ON t.id = d.transaction_id
      WHERE t.rail = ? AND d.charge_disputed_at < now() - interval '1 day'
        AND d.dispute_cleared_at IS NULL
        AND NOT EXISTS (SELECT FROM chargebacks WHERE deposit_id = t.id)
      ORDER BY t.id`,
    [rail]
  )
  for (const { id } of unknown) {
    logger.error({ depositId: id }, 'a payment is called disputed, but there is no dispute of it')
  }
}
