import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { setting, type SettingName, type Settings } from '#escrow/settings'
import { enqueue } from '#jobs/queue'
import deleteFile from '#jobs/delete_file'
import { eraseUser } from '#privacy/erase_user'

/** What ends a window: a name of a setting that counts days. */
type Window = {
  [Name in SettingName]: Settings[Name] extends number
    ? Name extends `${string}_days`
      ? Name
      : never
    : never
}[SettingName]

interface Rule {
  name: string
  window: Window
  /**
   * Takes away what is older than so many days, at most `limit` rows: one short transaction.
   *
   * @returns how many rows; fewer than `limit` means that nothing is left
   */
  purge(trx: TransactionClientContract, days: number, limit: number): Promise<number>
}

/** Stands for an address that is not kept any longer. */
const FORGOTTEN = 'forgotten@erased.invalid'

export const RULES: readonly Rule[] = [
  {
    name: 'notifications',
    window: 'notification_retention_days',
    // The number of the newest is with the user, so it goes on from there, and who asks for what came after
    // one that is gone gets what is left.
    purge: (trx, days, limit) =>
      affected(
        trx,
        `DELETE FROM notifications WHERE id IN (
           SELECT id FROM notifications
            WHERE read_at IS NOT NULL AND created_at < now() - make_interval(days => ?)
            ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)`,
        [days, limit]
      ),
  },
  {
    name: 'invitation_addresses',
    window: 'invitation_address_days',
    purge: (trx, days, limit) =>
      affected(
        trx,
        `WITH over AS (
           SELECT id FROM invitations
            WHERE email NOT LIKE '%@erased.invalid' AND status <> 'accepted'
              AND coalesce(responded_at, expires_at) < now() - make_interval(days => ?)
            ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED
         ), told AS (
           UPDATE activity a SET details = a.details - 'email'
             FROM over JOIN invitations i ON i.id = over.id
            WHERE a.project_id = i.project_id AND a.subject_type = 'invitation' AND a.subject_id = over.id
         )
         UPDATE invitations i SET email = ? FROM over WHERE i.id = over.id`,
        [days, limit, FORGOTTEN]
      ),
  },
  {
    name: 'inbox_payloads',
    window: 'inbox_payload_days',
    // The row stays: it is how an event is known that comes again.
    purge: (trx, days, limit) =>
      affected(
        trx,
        `UPDATE inbox_events SET payload = '{}', last_error = '', payload_purged_at = now()
          WHERE id IN (
            SELECT id FROM inbox_events
             WHERE payload_purged_at IS NULL AND status IN ('handled', 'ignored')
               AND received_at < now() - make_interval(days => ?)
             ORDER BY received_at LIMIT ? FOR UPDATE SKIP LOCKED)`,
        [days, limit]
      ),
  },
  {
    name: 'messages',
    window: 'message_retention_days',
    purge: purgeMessages,
  },
  {
    name: 'exports',
    window: 'export_retention_days',
    purge: purgeExports,
  },
]

/** Rows that one transaction takes away, so that nobody waits for it. */
const BATCH = 1000

/**
 * Takes away all personal data whose window has ended. Safe to repeat and to run beside everything else; a
 * run that ends half-way has taken away so much already.
 *
 * @param signal ends the run after the transaction at hand
 * @returns how many rows, by what they were
 */
export async function purgePersonalData(
  signal?: AbortSignal,
  batch = BATCH
): Promise<Record<string, number>> {
  const purged: Record<string, number> = {}
  for (const { name, window, purge } of RULES) {
    const days = await setting(db, window)
    purged[name] = 0
    for (let rows = batch; rows === batch && !signal?.aborted;) {
      rows = await inTransaction((trx) => purge(trx, days, batch))
      purged[name] += rows
    }
  }
  purged.unverified_accounts = await eraseUnverified(signal)
  return purged
}

/**
 * Of a project that is over, when nothing has happened in it since: neither by its parties nor by a bank. All
 * messages of a project go together, so a batch is so many projects.
 */
async function purgeMessages(
  trx: TransactionClientContract,
  days: number,
  limit: number
): Promise<number> {
  const { rows } = await trx.rawQuery(
    `SELECT p.id FROM projects p
      WHERE p.status IN ('completed', 'cancelled') AND p.messages_purged_at IS NULL
        AND p.updated_at < now() - make_interval(days => :days)
        AND NOT EXISTS (SELECT FROM activity a
          WHERE a.project_id = p.id AND a.at >= now() - make_interval(days => :days))
        AND NOT EXISTS (SELECT FROM messages m
          WHERE m.project_id = p.id AND m.created_at >= now() - make_interval(days => :days))
        AND NOT EXISTS (SELECT FROM chargebacks c
            JOIN transactions t ON t.id = c.deposit_id
            JOIN escrow_accounts e ON e.id = t.escrow_account_id
          WHERE e.project_id = p.id AND c.closed_at IS NULL)
      ORDER BY p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED`,
    { days, limit }
  )
  const ids = rows.map(({ id }: { id: string }) => id)
  await trx.from('messages').whereIn('project_id', ids).delete()
  await purgeDisputes(trx, ids)
  // What was compiled for a bank quotes them.
  await trx.rawQuery(
    `UPDATE chargebacks c SET evidence = NULL
       FROM transactions t JOIN escrow_accounts e ON e.id = t.escrow_account_id
      WHERE t.id = c.deposit_id AND e.project_id = ANY (?::uuid[])`,
    [ids]
  )
  await trx
    .from('projects')
    .whereIn('id', ids)
    .update({ messages_purged_at: trx.raw('now()') })
  return ids.length
}

/** What was said and shown in the disputes of these projects; how they ended stays. */
async function purgeDisputes(trx: TransactionClientContract, projectIds: string[]): Promise<void> {
  const { rows } = await trx.rawQuery(
    `SELECT d.id FROM disputes d JOIN milestones m ON m.id = d.milestone_id
      WHERE m.project_id = ANY (?::uuid[])`,
    [projectIds]
  )
  const ids = rows.map(({ id }: { id: string }) => id)
  if (ids.length === 0) return
  const { rows: files } = await trx.rawQuery(
    'DELETE FROM dispute_evidence WHERE dispute_id = ANY (?::uuid[]) RETURNING storage_key',
    [ids]
  )
  for (const { storage_key: key } of files) await enqueue(trx, deleteFile, { key })
  await trx.from('dispute_messages').whereIn('dispute_id', ids).delete()
  await trx.from('dispute_offers').whereIn('dispute_id', ids).update({ note: '' })
  await trx.from('disputes').whereIn('id', ids).update({ reason: '', decision_reason: null })
}

/** A day is more than preparing one takes: nothing works on it any more. */
const STUCK = '1 day'

/** Its own end counts, which was set when it was made. */
async function purgeExports(
  trx: TransactionClientContract,
  _: number,
  limit: number
): Promise<number> {
  const { rows } = await trx.rawQuery(
    `UPDATE data_exports e
        SET state = CASE e.state WHEN 'ready' THEN 'expired' ELSE 'failed' END
      WHERE id IN (
        SELECT id FROM data_exports
         WHERE state = 'ready' AND expires_at <= now()
            OR state = 'pending' AND created_at < now() - interval '${STUCK}'
         ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
      RETURNING key`,
    [limit]
  )
  for (const { key } of rows) await enqueue(trx, deleteFile, { key })
  return rows.length
}

/** Somebody who signed in within the window still has a use for it, verified or not. */
async function eraseUnverified(signal?: AbortSignal): Promise<number> {
  const days = await setting(db, 'unverified_account_days')
  const { rows } = await db.rawQuery(
    `SELECT u.id FROM users u
      WHERE NOT u.is_verified AND u.erased_at IS NULL
        AND u.created_at < now() - make_interval(days => :days)
        AND NOT EXISTS (SELECT FROM sessions s
          WHERE s.user_id = u.id AND s.last_used_at >= now() - make_interval(days => :days))
      ORDER BY u.id LIMIT ${BATCH}`,
    { days }
  )
  let erased = 0
  for (const { id } of rows) {
    if (signal?.aborted) break
    try {
      await eraseUser(id, { by: 'retention' })
      erased++
    } catch (error) {
      // Money of somebody who is not verified any more, or who was erased meanwhile.
      if (!(error instanceof Problem)) throw error
    }
  }
  return erased
}

async function affected(
  trx: TransactionClientContract,
  sql: string,
  bindings: unknown[]
): Promise<number> {
  const { rowCount } = await trx.rawQuery(sql, bindings as any)
  return rowCount
}
