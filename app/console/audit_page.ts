import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { pageOf } from '#console/links'
import { PAGE } from '#console/paging'
import { notFound } from '#exceptions/problem'
import type { StaffRole } from '#models/staff'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import type { AuditFilters } from '#validators/console/audit'
import { endOf } from '#validators/console/filters'

type Changed = Record<string, unknown>

export interface AuditRow {
  id: string
  at: Date
  actor_type: 'staff' | 'operator' | 'system'
  actor_id: string | null
  /** Empty once the words are erased. */
  actor: string
  action: string
  target_type: string
  target_id: string
  href?: string
  before: Changed
  after: Changed
  reason: string
  /** It had words once, and they were erased. */
  erased: boolean
  /** Its place in the chain; null until the job has sealed it. */
  position: bigint | null
}

/** Lines of the audit log, newest first. One query. */
export async function listAudit(filters: AuditFilters, reader: StaffRole): Promise<Page<AuditRow>> {
  const query = lines()
    .orderBy('l.id', 'desc')
    .limit(PAGE + 1)
  if (filters.actor) query.where('l.actor_type', filters.actor)
  if (filters.who) query.where(byWho(filters.who))
  if (filters.action) query.whereRaw(...byAction(filters.action))
  if (filters.type) query.where('l.target_type', filters.type)
  if (filters.target) query.where('l.target_id', filters.target)
  if (filters.from) query.whereRaw(`l.at >= ?::date AT TIME ZONE 'UTC'`, [filters.from])
  if (filters.to) query.whereRaw(`l.at < ?::date AT TIME ZONE 'UTC'`, [endOf(filters.to)])
  if (filters.after) query.where('l.id', '<', decodeCursor(filters.after))
  const rows: AuditRow[] = await query
  return cutPage(
    rows.map((row) => withPage(row, reader)),
    PAGE
  )
}

/** A line and what its place in the chain hashes to. One query. @throws Problem 404 */
export async function readAuditLine(id: string, reader: StaffRole) {
  const found =
    isUuid(id) && (await lines().select('c.hash', 'c.sealed_at').where('l.id', id).first())
  if (!found) throw notFound('line of the audit log')
  return withPage(found as AuditRow & { hash: string | null; sealed_at: Date | null }, reader)
}

export interface Verification {
  at: Date
  ok: boolean
  position: bigint
  hash: string
  message: string
  bad_position: bigint | null
}

/** What came of the last time that the chain was computed again. One query. */
export async function lastVerification(): Promise<Verification | null> {
  return db.from('audit_verifications').orderBy('id', 'desc').first()
}

function lines() {
  return db
    .from('audit_log AS l')
    .joinRaw(
      `LEFT JOIN staff s ON s.id = l.actor_id
       LEFT JOIN audit_words w ON w.audit_id = l.id
       LEFT JOIN audit_chain c ON c.audit_id = l.id`
    )
    .select('l.id', 'l.at', 'l.actor_type', 'l.actor_id', 'l.action', 'l.target_type')
    .select('l.target_id', 'l.before', 'l.after', 'c.position')
    .select(db.raw(`coalesce(s.name, w.operator, '') AS actor, coalesce(w.reason, '') AS reason`))
    .select(db.raw('l.words_hash IS NOT NULL AND w.audit_id IS NULL AS erased'))
}

/** `payout.held`, or `payout` for all that was done to payouts. As an index has them: letters, `_`, and one dot. */
function byAction(action: string): [sql: string, bindings: string[]] {
  const column = 'l.action COLLATE "C"'
  if (action.includes('.')) return [`${column} = ?`, [action]]
  // The character after the dot.
  return [`${column} >= ? AND ${column} < ?`, [`${action}.`, `${action}/`]]
}

/**
 * Name, address or id of a member of staff, or what an operator called themselves. The few whom it can mean
 * are looked for first, so that indexes find their lines.
 */
function byWho(who: string) {
  return db.raw(
    `(l.actor_id = ANY (ARRAY(SELECT id FROM staff
        WHERE id::text = :who OR email = lower(:who) OR strpos(lower(name), lower(:who)) > 0))
      OR l.id = ANY (ARRAY(SELECT audit_id FROM audit_words
        WHERE operator <> '' AND strpos(lower(operator), lower(:who)) > 0)))`,
    { who }
  )
}

function withPage<Row extends AuditRow>(row: Row, reader: StaffRole): Row {
  return { ...row, href: hrefOf(row, reader) }
}

/** A job's page is below its queue's, which the line tells of. */
function hrefOf(
  { target_type: type, target_id: id, before }: AuditRow,
  reader: StaffRole
): string | undefined {
  if (type !== 'job') return pageOf(type, id, reader)
  const queue = typeof before.queue === 'string' ? pageOf('queue', before.queue) : undefined
  return queue && `${queue}/${encodeURIComponent(id)}`
}
