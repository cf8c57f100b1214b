import { NIL } from 'uuid'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { cutBy, readCursor } from '#console/paging'
import type { Page } from '#transformers/page'

/** Lines of a timeline that are shown at once. */
export const LINES = 200

/** After every line that there is. */
const LATEST = '9223372036854775807 -'

export interface Happening {
  at: Date
  /** `<subject>.<verb in the past tense>` */
  action: string
  actor_type: string
  /** Of staff, else empty. */
  actor: string
  /** Why, in the words of whoever did it. */
  reason: string
  details: Record<string, unknown>
}

/**
 * One page of a timeline, the latest lines first. One query.
 *
 * @param lines SQL of all lines, with `at` and, where several have the same moment, a `key` (text) of their own
 * @param after where the page before ended
 * @throws Problem 422 for a bad cursor
 */
export async function readLines<Row>(
  client: Pick<QueryClientContract, 'rawQuery'>,
  lines: string,
  bindings: string[],
  after?: string
): Promise<Page<Row>> {
  const cursor = after ? readCursor(after, /^\d{1,18} [\w.:-]{1,200}$/) : LATEST
  const [micros, key] = cursor.split(' ')
  const { rows } = await client.rawQuery<{ rows: (Row & { micros: bigint; key: string })[] }>(
    `SELECT * FROM (
       SELECT lines.*, (extract(epoch FROM at) * 1000000)::bigint AS micros FROM (${lines}) lines) lines
      WHERE (micros, key) < (?, ?)
      ORDER BY micros DESC, key DESC LIMIT ${LINES + 1}`,
    [...bindings, micros, key]
  )
  return cutBy(rows, (last) => `${last.micros} ${last.key}`, LINES)
}

const AUDITED = `
  SELECT l.at, l.id::text AS key, l.action, l.actor_type, coalesce(s.name, w.operator, '') AS actor,
         coalesce(w.reason, '') AS reason, l.after AS details
    FROM audit_log l LEFT JOIN staff s ON s.id = l.actor_id LEFT JOIN audit_words w ON w.audit_id = l.id`

const ACTIVITY = `
  SELECT a.at, a.id::text AS key, a.action, a.actor_type, '' AS actor, '' AS reason, a.details FROM activity a`

/** What happened to a transaction: its activity, and what staff did. One query. */
export function readTimeline(projectId: string | null, transactionId: string, after?: string) {
  return readLines<Happening>(
    db,
    `${ACTIVITY} WHERE a.project_id = ? AND a.subject_type = 'transaction' AND a.subject_id = ?
     UNION ALL ${AUDITED} WHERE l.target_type IN ('transaction', 'payout') AND l.target_id = ?`,
    [projectId ?? NIL, transactionId, transactionId],
    after
  )
}

/** What happened to a milestone and to a dispute over it, and what staff did. One query. */
export function readDisputeTimeline(
  dispute: { id: string; milestoneId: string },
  projectId: string,
  after?: string
) {
  return readLines<Happening>(
    db,
    `${ACTIVITY} WHERE a.project_id = ? AND a.milestone_id = ?
     UNION ALL ${AUDITED} WHERE l.target_type = 'dispute' AND l.target_id = ?`,
    [projectId, dispute.milestoneId, dispute.id],
    after
  )
}
