import db from '@adonisjs/lucid/services/db'
import { ProviderFailure, type Provider, type ProviderMovement } from '#payments/provider'

/**
 * Reads a payout by any name that its provider has for it. PayPal lists one by the id of its transaction, and shows
 * one by that of its batch: which that is, its news in the inbox says (`inbox:backfill` brings it). What the batch
 * is, PayPal is asked.
 *
 * @throws ProviderFailure if the provider shows none of that name
 */
export async function readPayment(provider: Provider, name: string): Promise<ProviderMovement> {
  try {
    return await provider.getPayout(name)
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    for (const id of await otherNames(provider, name)) {
      const movement = await provider.getPayout(id)
      if (movement.balanceSourceId === name) return movement
    }
    throw failure
  }
}

async function otherNames(provider: Provider, name: string): Promise<Set<string>> {
  const events = await db
    .from('inbox_events')
    .where('rail', provider.rail)
    .whereRaw('inbox_object_ids(payload) && ARRAY[?]::text[]', [name])
    .select('payload')
    .limit(50)
  const subjects = events.map(({ payload }) => provider.parseEvent(payload).subject)
  return new Set(
    subjects.flatMap((subject) =>
      subject.kind === 'payout' && subject.id !== name ? [subject.id] : []
    )
  )
}
