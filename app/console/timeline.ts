import db from '@adonisjs/lucid/services/db'

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

/** What happened to a transaction: its activity, and what staff did, oldest first. One query. */
export async function readTimeline(projectId: string, transactionId: string): Promise<Happening[]> {
  const { rows } = await db.rawQuery<{ rows: Happening[] }>(
    `SELECT a.at, a.action, a.actor_type, '' AS actor, '' AS reason, a.details
       FROM activity a WHERE a.project_id = ? AND a.subject_type = 'transaction' AND a.subject_id = ?
     UNION ALL
     SELECT l.at, l.action, l.actor_type, coalesce(s.name, w.operator, ''), coalesce(w.reason, ''), l.after
       FROM audit_log l LEFT JOIN staff s ON s.id = l.actor_id LEFT JOIN audit_words w ON w.audit_id = l.id
      WHERE l.target_type IN ('transaction', 'payout') AND l.target_id = ?
      ORDER BY at LIMIT 200`,
    [projectId, transactionId, transactionId]
  )
  return rows
}
