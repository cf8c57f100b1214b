import drive from '@adonisjs/drive/services/main'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { newKey } from '#drive/new_key'
import { aboutMilestone } from '#escrow/about'
import { findUpload, folderOf, tableOf, type FileKind, type Upload } from '#escrow/kept_files'
import { lockMilestone } from '#escrow/locks'
import { recordActivity, type Actor } from '#escrow/record_activity'
import { notify } from '#notifications/notify'
import { inTransaction } from '#database/transaction'
import Deliverable from '#models/deliverable'
import Dispute from '#models/dispute'

/**
 * Serves a file again in which the scanner had found something, and tells who uploaded it.
 *
 * It is copied first and deleted last: a process that ends in the middle leaves a file that no row names, which
 * `tidy_files` deletes, and never a row without its file.
 *
 * @param options.by who found that nothing is in it
 * @param options.write what else belongs to the same transaction; it is given the file as it was
 * @returns whether it was in quarantine
 */
export async function takeOutOfQuarantine(
  kind: FileKind,
  id: string,
  options: { by: Actor; write?: (trx: TransactionClientContract, was: Upload) => Promise<void> }
): Promise<boolean> {
  const found = await findUpload(kind, id)
  if (found.scanStatus !== 'infected') return false
  const key = newKey(folderOf(found))
  await drive.use().copy(found.storageKey, key)
  const released = await inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, await milestoneOf(found))
    const upload = await findUpload(kind, id, trx)
    if (upload.scanStatus !== 'infected' || upload.storageKey !== found.storageKey) return false
    await trx
      .from(tableOf(upload))
      .where('id', id)
      .update({ scan_status: 'clean', scan_signature: null, storage_key: key })
    await options.write?.(trx, upload)
    const about = aboutMilestone(project, milestone)
    const { name, sha256 } = upload
    const activity = { projectId: project.id, milestoneId: milestone.id, actor: options.by }
    if (upload instanceof Deliverable) {
      await recordActivity(trx, {
        ...activity,
        subject: { type: 'deliverable', id },
        action: 'deliverable.released',
        from: 'infected',
        to: 'clean',
        details: { name, sha256 },
      })
      await notify(trx, {
        userId: upload.uploadedBy,
        kind: 'deliverable.released',
        data: { ...about, deliverable_id: id, name },
      })
    } else {
      await recordActivity(trx, {
        ...activity,
        subject: { type: 'dispute', id: upload.disputeId },
        action: 'dispute.evidence_released',
        details: { evidence_id: id, name, sha256 },
      })
      await notify(trx, {
        userId: upload.uploadedBy,
        kind: 'dispute.evidence_released',
        data: { ...about, dispute_id: upload.disputeId, evidence_id: id, name },
      })
    }
    return true
  })
  await drive.use().delete(released ? found.storageKey : key)
  return released
}

async function milestoneOf(upload: Upload): Promise<string> {
  if (upload instanceof Deliverable) return upload.milestoneId
  const { milestoneId } = await Dispute.findOrFail(upload.disputeId)
  return milestoneId
}
