import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import type { Rail } from '#models/transaction'
import { Problem } from '#exceptions/problem'
import { receiveEvent } from '#payments/inbox'
import type { Period } from '#payments/provider'
import { providerOfRail } from '#payments/registry'
import { isRecovering } from '#recovery/recovering'

export interface Backfilled {
  /** Events that the provider listed. */
  listed: number
  /** Of those, the ones that had never come. They are processed by the workers. */
  taken: number
  /** Of those, the ones that cannot be stored; named in the log. */
  refused: number
  /** How many of what was taken, by type. */
  types: Record<string, number>
}

export interface Backfill {
  signal?: AbortSignal
  /** Called now and then with what was done so far. */
  progress?: (sofar: Backfilled) => void
}

const PROGRESS_EVERY = 500

/**
 * Takes in what a provider has to tell of a period and never told, or told while nobody listened. An event
 * that came by webhook, before or at this moment, is not taken twice: a rail's event id is in the inbox once.
 *
 * While this database is being recovered from a backup, that is all there was: what the provider delivered since
 * the backup, it delivered to the database that is lost.
 *
 * @throws ProviderFailure if the provider does not answer; what was taken until then stays
 */
export async function backfillEvents(
  rail: Rail,
  period: Period,
  { signal, progress }: Backfill = {}
): Promise<Backfilled> {
  const done: Backfilled = { listed: 0, taken: 0, refused: 0, types: {} }
  const provider = providerOfRail(rail)
  const delivered = await isRecovering()
  const events = provider.listEvents(period, connectedAccounts(rail), { delivered })
  for await (const listed of events) {
    if (signal?.aborted) break
    done.listed++
    try {
      if (await receiveEvent(rail, listed)) {
        const { type } = listed.event
        done.taken++
        done.types[type] = (done.types[type] ?? 0) + 1
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      done.refused++
      logger.error({ err: error, rail, eventId: listed.event.id }, 'an event cannot be stored')
    }
    if (done.listed % PROGRESS_EVERY === 0) progress?.(done)
  }
  return done
}

const PAGE = 500

/**
 * The accounts of ours at a rail, also those that were removed here: money that was on its way to them may
 * still be told of. Read page by page, because nobody knows how many there are.
 */
export async function* connectedAccounts(rail: Rail): AsyncGenerator<string> {
  for (let last: string | undefined; ;) {
    const query = db
      .from('payout_accounts')
      .where('payment_provider', rail)
      .whereNot('destination', '')
      .select('id', 'destination')
      .orderBy('id')
      .limit(PAGE)
    if (last) query.where('id', '>', last)
    const rows = await query
    for (const { destination } of rows) yield destination
    if (rows.length < PAGE) return
    last = rows.at(-1).id
  }
}
