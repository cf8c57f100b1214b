import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { ProviderFailure, type Provider } from '#payments/provider'
import { offeredRails, providerOfRail } from '#payments/registry'
import { recordDispute } from '#escrow/chargebacks/apply_dispute'
import { observeDispute } from '#escrow/chargebacks/observe_dispute'

/** Providers send an event again for three days; what was lost longer ago was seen by an earlier run. */
const LOOK_BACK_MS = 4 * 24 * 3_600_000

/**
 * Looks at every dispute of the last days, and at every one that is open with us, at each provider: the
 * event that would have told of it may be lost, and a deadline for evidence is not.
 *
 * @returns how many disputes were looked at
 */
export async function syncDisputes(signal?: AbortSignal): Promise<number> {
  let count = 0
  for (const rail of offeredRails()) {
    const provider = providerOfRail(rail)
    try {
      const seen = await syncListed(provider, signal)
      count += seen.size + (await syncOpen(provider, seen, signal))
      await warnOfUnsettled(provider)
    } catch (failure) {
      if (!(failure instanceof ProviderFailure)) throw failure
      logger.error({ err: failure, rail }, 'looking at the disputes of a rail failed')
    }
  }
  return count
}

async function syncListed(provider: Provider, signal?: AbortSignal): Promise<Set<string>> {
  const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS asked_at')
  const to = new Date()
  const from = new Date(to.getTime() - LOOK_BACK_MS)
  const seen = new Set<string>()
  for await (const dispute of provider.listDisputes({ from, to })) {
    if (signal?.aborted) break
    seen.add(dispute.id)
    try {
      const outcome = await recordDispute(provider, dispute, rows[0].asked_at)
      // Its payment may not be booked yet. An old one would have been, long ago: it is none of ours.
      if (outcome === 'not_ours' && dispute.openedAt >= from) {
        await observeDispute(provider, () => provider.getDispute(dispute.id))
      }
    } catch (error) {
      logger.error({ err: error, dispute: dispute.id }, 'bringing a dispute up to date failed')
    }
  }
  return seen
}

async function syncOpen(
  provider: Provider,
  seen: Set<string>,
  signal?: AbortSignal
): Promise<number> {
  const open = await db
    .from('chargebacks')
    .where('rail', provider.rail)
    .whereNull('closed_at')
    .orderBy('observed_at')
    .select('provider_dispute_id')
  const left = open.map((row) => row.provider_dispute_id).filter((id) => !seen.has(id))
  for (const id of left) {
    if (signal?.aborted) break
    try {
      await observeDispute(provider, () => provider.getDispute(id))
    } catch (error) {
      logger.error({ err: error, dispute: id }, 'bringing a dispute up to date failed')
    }
  }
  return left.length
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
}
