import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import type { Rail } from '#models/transaction'
import processInboxEvent from '#jobs/process_inbox_event'

export const INBOX_STATUSES = ['received', 'handled', 'ignored', 'failed'] as const
export type InboxStatus = (typeof INBOX_STATUSES)[number]

export interface WhichEvents {
  /** Our ids, or the provider's. */
  ids?: string[]
  rail?: Rail
  /** The provider's word for it; `charge.*` means all that begin so. */
  type?: string
  /** Received at or after. */
  since?: Date
  status?: InboxStatus
}

export interface InboxRow {
  id: string
  eventId: string
  rail: Rail
  type: string
  receivedAt: Date
  status: InboxStatus
}

export interface Replayed extends InboxRow {
  /** `status` is what it was before, this is what it is now. */
  after: InboxStatus
  /** Why it could not be processed; empty if it was. */
  error: string
}

const PAGE = 500

/**
 * The stored events that are meant, in the order in which they came. Those whose content was deleted after
 * its window say nothing any more that could be looked at.
 */
export async function* eventsToReplay(which: WhichEvents): AsyncGenerator<InboxRow> {
  for (let last: string | undefined; ;) {
    const query = db
      .from('inbox_events')
      .select('id', 'event_id', 'rail', 'type', 'received_at', 'status')
      .whereNull('payload_purged_at')
      .orderBy('id')
      .limit(PAGE)
    if (last) query.where('id', '>', last)
    if (which.ids?.length) {
      const own = which.ids.filter((id) => isUuid(id))
      query.where((any) => any.whereIn('id', own).orWhereIn('event_id', which.ids!))
    }
    if (which.rail) query.where('rail', which.rail)
    if (which.type?.endsWith('*')) query.whereRaw('starts_with(type, ?)', [which.type.slice(0, -1)])
    else if (which.type) query.where('type', which.type)
    if (which.since) query.where('received_at', '>=', which.since)
    if (which.status) query.where('status', which.status)
    const rows = await query
    for (const row of rows) {
      yield {
        id: row.id,
        eventId: row.event_id,
        rail: row.rail,
        type: row.type,
        receivedAt: row.received_at,
        status: row.status,
      }
    }
    if (rows.length < PAGE) return
    last = rows.at(-1).id
  }
}

/**
 * Processes stored events once more, one after the other, those handled before, too: what each is about is
 * fetched from its provider and applied as it is now. The effects are idempotent by themselves.
 *
 * One that fails now although it had been closed is left as it was, so that nothing retries it for ever.
 *
 * @param act who replays them, for a line of the audit log of each; a replay that was begun at the console
 *   has one of its own
 */
export async function* replayEvents(which: WhichEvents, act?: Act): AsyncGenerator<Replayed> {
  for await (const row of eventsToReplay(which)) {
    await inTransaction((trx) => begin(trx, row, act))
    const error = await processed(row.id)
    if (error && (row.status === 'handled' || row.status === 'ignored')) {
      await db.from('inbox_events').where('id', row.id).update({ status: row.status })
    }
    const after = await db.from('inbox_events').where('id', row.id).select('status').firstOrFail()
    yield { ...row, after: after.status, error }
  }
}

async function begin(
  trx: TransactionClientContract,
  { id, status }: InboxRow,
  act?: Act
): Promise<void> {
  await trx.from('inbox_events').where('id', id).update({ status: 'received' })
  if (!act) return
  await recordAudit(trx, {
    ...act,
    action: 'inbox.replayed',
    target: { type: 'inbox_event', id },
    before: { status },
  })
}

async function processed(inboxEventId: string): Promise<string> {
  try {
    await processInboxEvent.handle(
      { inboxEventId },
      {
        id: `replay:${inboxEventId}`,
        attempt: 1,
        lastAttempt: true,
        logger,
        signal: new AbortController().signal,
      }
    )
    return ''
  } catch (error) {
    logger.warn({ err: error, inboxEventId }, 'a replayed event could not be processed')
    return error instanceof Error ? error.message : String(error)
  }
}
