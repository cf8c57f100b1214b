import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { findUpload, type Upload } from '#escrow/kept_files'
import { assertSafe } from '#escrow/submitted_deliverables'

/**
 * Gives a file of the parties to a member of staff, and writes down that they have opened it.
 *
 * @throws Problem 404; 409 `scan_pending` or `quarantined`
 */
export async function openFile(kind: string, id: string, act: Act): Promise<Upload> {
  const file = assertSafe(await findUpload(kind, id))
  await inTransaction((trx) =>
    recordAudit(trx, {
      ...act,
      action: 'file.opened',
      target: { type: kind, id },
      after: { sha256: file.sha256 },
    })
  )
  return file
}
