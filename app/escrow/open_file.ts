import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { findUpload, type Upload } from '#escrow/kept_files'
import { assertSafe } from '#escrow/submitted_deliverables'

/**
 * Gives a file of the parties to a member of staff, and writes down that they have opened it: once a day (UTC),
 * since a page that shows it opens it each time that it is looked at.
 *
 * @throws Problem 404; 409 `scan_pending` or `quarantined`
 */
export async function openFile(kind: string, id: string, act: Act): Promise<Upload> {
  const file = assertSafe(await findUpload(kind, id))
  if (await wasOpenedToday(db, kind, id, act)) return file
  await inTransaction(async (trx) => {
    await trx.rawQuery('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
      `file.opened:${id}`,
    ])
    if (await wasOpenedToday(trx, kind, id, act)) return
    await recordAudit(trx, {
      ...act,
      action: 'file.opened',
      target: { type: kind, id },
      after: { sha256: file.sha256 },
    })
  })
  return file
}

async function wasOpenedToday(
  client: Pick<QueryClientContract, 'from'>,
  kind: string,
  id: string,
  { actor }: Act
): Promise<boolean> {
  if (actor.type !== 'staff') return false
  const line = await client
    .from('audit_log')
    .where({ target_type: kind, target_id: id, actor_id: actor.id, action: 'file.opened' })
    .whereRaw(`at >= date_trunc('day', now(), 'UTC')`)
    .select('id')
    .first()
  return line !== null
}
