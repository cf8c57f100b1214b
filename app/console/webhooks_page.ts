import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { ENTRY, type EntryRow } from '#console/ledger_entries_page'
import { PAGE } from '#console/paging'
import { redact } from '#console/redact'
import { notFound } from '#exceptions/problem'
import { QUEUE_SCHEMA } from '#jobs/queue'
import processInboxEvent from '#jobs/process_inbox_event'
import { MOST_REPLAYED } from '#payments/start_replay'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import { endOf } from '#validators/console/filters'
import type { EventsFilters } from '#validators/console/webhooks'

interface EventRow {
  id: string
  rail: string
  event_id: string
  type: string
  status: string
  attempts: number
  last_error: string
  received_at: Date
  isPurged: boolean
}

/** Events, newest first. One query. */
export async function listEvents(filters: EventsFilters): Promise<Page<EventRow>> {
  const query = fitting(filters)
    .select('id', 'rail', 'event_id', 'type', 'status', 'attempts', 'last_error', 'received_at')
    .select(db.raw('payload_purged_at IS NOT NULL AS "isPurged"'))
    .orderBy('id', 'desc')
    .limit(PAGE + 1)
  if (filters.after) query.where('id', '<', decodeCursor(filters.after))
  return cutPage(await query, PAGE)
}

/** The ids of all events that fit, newest first, and one more than may be replayed, if there are so many. */
export async function idsOfEvents(filters: EventsFilters): Promise<string[]> {
  const rows = await fitting(filters)
    .select('id')
    .whereNull('payload_purged_at')
    .orderBy('id', 'desc')
    .limit(MOST_REPLAYED + 1)
  return rows.map(({ id }) => id)
}

function fitting(filters: EventsFilters) {
  const query = db.from('inbox_events')
  if (filters.type?.endsWith('*')) {
    query.where('type', 'like', `${likeable(filters.type.slice(0, -1))}%`)
  } else if (filters.type) query.where('type', filters.type)
  if (filters.rail) query.where('rail', filters.rail)
  if (filters.status) query.where('status', filters.status)
  if (filters.event && isUuid(filters.event)) query.where('id', filters.event)
  else if (filters.event) query.where('event_id', filters.event)
  if (filters.object) {
    query.whereRaw('inbox_object_ids(payload) && ARRAY[?]::text[]', [filters.object])
  }
  if (filters.from) query.whereRaw(`received_at >= ?::date AT TIME ZONE 'UTC'`, [filters.from])
  if (filters.to) query.whereRaw(`received_at < ?::date AT TIME ZONE 'UTC'`, [endOf(filters.to)])
  return query
}

function likeable(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** How many events are not handled yet, by status. One query. */
export async function countOpenEvents() {
  const { rows } = await db.rawQuery<{
    rows: { status: string; count: number; oldest: Date }[]
  }>(
    `SELECT status, count(*)::int AS count, min(received_at) AS oldest FROM inbox_events
      WHERE status IN ('received', 'failed') GROUP BY status ORDER BY status`
  )
  return rows
}

/** An event with what it is about and what became of it. A constant number of queries. @throws Problem 404 */
export async function readEvent(id: string) {
  const found = isUuid(id) && (await db.from('inbox_events').where('id', id).first())
  if (!found) throw notFound('event')
  const transactions = await transactionsOf(id)
  return {
    event: { ...found, payload: redact(found.payload) },
    transactions,
    entries: await entriesOf(transactions.map((each) => each.id)),
    jobs: await jobsOf(id),
    replays: await db
      .from('inbox_replays')
      .whereRaw('event_ids @> ARRAY[?]::uuid[]', [id])
      .orderBy('id', 'desc')
      .limit(10)
      .select('id', 'created_at', 'finished_at'),
  }
}

/** Ours that an event is about, by whichever id it names. */
async function transactionsOf(eventId: string) {
  const { rows } = await db.rawQuery<{
    rows: {
      id: string
      transaction_type: string
      status: string
      amount: bigint
      currency: string
    }[]
  }>(
    `WITH event AS (SELECT rail, inbox_object_ids(payload) AS ids FROM inbox_events WHERE id = ?),
          named AS (SELECT rail, unnest(ids) AS name FROM event),
          found AS (
            SELECT t.id FROM transactions t JOIN named n
                ON t.rail = n.rail AND t.provider_transaction_id = n.name AND n.name <> ''
            UNION SELECT t.id FROM transactions t JOIN named n
                ON t.rail = n.rail AND t.provider_source_id = n.name AND n.name <> ''
            UNION SELECT d.transaction_id FROM deposits d JOIN named n ON d.charge_id = n.name AND n.name <> ''
            UNION SELECT t.id FROM transactions t
              WHERE t.id IN (SELECT name::uuid FROM named WHERE name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
     SELECT t.id, t.transaction_type, t.status, t.amount, t.currency
       FROM transactions t JOIN found f ON f.id = t.id ORDER BY t.id LIMIT 50`,
    [eventId]
  )
  return rows
}

async function entriesOf(transactionIds: string[]): Promise<EntryRow[]> {
  return db
    .from('journal_entries AS e')
    .select(db.raw(ENTRY))
    .whereIn('e.transaction_id', transactionIds)
    .orderBy('e.id', 'desc')
    .limit(50)
}

/** The jobs that looked at an event, as long as the queue keeps them. */
async function jobsOf(eventId: string) {
  const { rows } = await db.rawQuery<{
    rows: { id: string; name: string; state: string; created_on: Date }[]
  }>(
    `SELECT id, name, state, created_on FROM ${QUEUE_SCHEMA}.job
      WHERE name = ? AND singleton_key = ? ORDER BY created_on DESC LIMIT 10`,
    [processInboxEvent.name, eventId]
  )
  return rows
}

export interface Replay {
  id: string
  total: number
  done: number
  failed: number
  created_at: Date
  finished_at: Date | null
  state: 'waiting' | 'handled' | 'failed'
  by: string | null
  reason: string | null
}

const REPLAY = `
  r.id, cardinality(r.event_ids) AS total, r.done, r.failed, r.created_at, r.finished_at, s.name AS by, w.reason,
  CASE WHEN r.failed > 0 THEN 'failed' WHEN r.finished_at IS NULL THEN 'waiting' ELSE 'handled' END AS state
  FROM inbox_replays r
  LEFT JOIN audit_log l ON l.target_type = 'inbox_replay' AND l.target_id = r.id::text
  LEFT JOIN staff s ON s.id = l.actor_id
  LEFT JOIN audit_words w ON w.audit_id = l.id`

/** The latest replays. One query. */
export async function listReplays(): Promise<Replay[]> {
  const { rows } = await db.rawQuery<{ rows: Replay[] }>(
    `SELECT ${REPLAY} ORDER BY r.id DESC LIMIT 20`
  )
  return rows
}

/** A replay and what its events are by now. @throws Problem 404 */
export async function readReplay(id: string) {
  if (!isUuid(id)) throw notFound('replay')
  const { rows } = await db.rawQuery<{ rows: Replay[] }>(`SELECT ${REPLAY} WHERE r.id = ?`, [id])
  if (rows.length === 0) throw notFound('replay')
  const events = await db
    .from('inbox_events')
    .whereRaw('id = ANY (SELECT unnest(event_ids) FROM inbox_replays WHERE id = ?)', [id])
    .select('id', 'rail', 'type', 'status', 'attempts', 'last_error', 'received_at')
    // What failed first: that is what somebody has to look at.
    .orderByRaw(`status = 'failed' DESC, id`)
    .limit(PAGE)
  return { replay: rows[0], events }
}
