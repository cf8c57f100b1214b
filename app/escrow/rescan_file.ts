import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { scannerIsSetUp } from '#drive/virus_scanner'
import { findUpload, type FileKind } from '#escrow/kept_files'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import scanDeliverable from '#jobs/scan_deliverable'
import scanEvidence from '#jobs/scan_evidence'

/**
 * Has the scanner look at a file once more. One in quarantine stays there until nothing is found in it any more.
 *
 * @throws Problem 404; 409 `no_scanner`, or `wrong_state` for a file that is served already
 */
export async function rescanFile(kind: FileKind, id: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const { scanStatus } = await findUpload(kind, id, trx)
    if (scanStatus !== 'infected' && scanStatus !== 'pending') {
      throw wrongState('This file is served already; there is nothing to scan.', scanStatus)
    }
    if (!scannerIsSetUp()) {
      throw wrongState(
        'No scanner is set up: set CLAMAV_HOST or CLAMAV_SOCKET, and start anew.',
        scanStatus,
        { code: 'no_scanner' }
      )
    }
    const options = { singletonKey: id }
    if (kind === 'deliverable') {
      await enqueue(trx, scanDeliverable, { deliverableId: id, again: true }, options)
    } else {
      await enqueue(trx, scanEvidence, { evidenceId: id, again: true }, options)
    }
    await recordAudit(trx, {
      ...act,
      action: 'file.scanned_again',
      target: { type: kind, id },
      before: { scan_status: scanStatus },
    })
  })
}
