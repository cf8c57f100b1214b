import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { scan, scannerIsSetUp, type Verdict } from '#drive/virus_scanner'
import { aboutMilestone } from '#escrow/about'
import { findUpload, tableOf, type FileKind, type Upload } from '#escrow/kept_files'
import { lockMilestone } from '#escrow/locks'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { takeOutOfQuarantine } from '#escrow/take_out_of_quarantine'
import { notify } from '#notifications/notify'
import Deliverable from '#models/deliverable'
import Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'

/** Where a file lies in which the scanner found something; nothing is served from here. */
export const QUARANTINE = 'quarantine'

/**
 * Has the scanner look at a file of work; see `scanUpload`.
 *
 * @param again also if it was judged to be infected
 */
export async function scanDeliverable(id: string, again = false): Promise<void> {
  const deliverable = await Deliverable.find(id)
  if (!deliverable) return
  await scanUpload(deliverable, refuseDeliverable)
  if (again) await scanQuarantined('deliverable', id)
}

/** Has the scanner look at a file of evidence; see `scanDeliverable`. */
export async function scanEvidence(id: string, again = false): Promise<void> {
  const evidence = await DisputeEvidence.find(id)
  if (!evidence) return
  await scanUpload(evidence, refuseEvidence)
  if (again) await scanQuarantined('evidence', id)
}

/** Somebody asked: signatures may have got better. Whatever is still found was told when it was found first. */
async function scanQuarantined(kind: FileKind, id: string): Promise<void> {
  const upload = await findUpload(kind, id)
  if (upload.scanStatus !== 'infected' || !scannerIsSetUp()) return
  const verdict: Verdict = await scan(await drive.use().getStream(upload.storageKey))
  if (verdict.clean) {
    await takeOutOfQuarantine(kind, id, { by: SYSTEM })
    return
  }
  await db
    .from(tableOf(upload))
    .where({ id, scan_status: 'infected' })
    .update({ scan_signature: verdict.signature, scanned_at: db.raw('now()') })
}

/**
 * Has the scanner look at an upload that waits for it. What it finds nothing in can be downloaded, and handed
 * in, from now on; what it finds something in is put away, and whoever uploaded it is told.
 *
 * Safe to repeat: a file is judged once, and put away until it is.
 *
 * @throws Error if the scanner gives no answer; the file waits on
 */
async function scanUpload<Row extends Upload>(
  upload: Row,
  refuse: (trx: TransactionClientContract, upload: Row, signature: string) => Promise<void>
): Promise<void> {
  if (upload.scanStatus === 'pending') {
    if (!scannerIsSetUp()) return release(upload, 'unscanned')
    const verdict: Verdict = await scan(await drive.use().getStream(upload.storageKey))
    if (verdict.clean) return release(upload, 'clean')
    await inTransaction((trx) => refuse(trx, upload, verdict.signature))
    await upload.refresh()
  }
  if (upload.scanStatus === 'infected') await putAway(upload)
}

/** Scanned, or taken for harmless because the scanner was taken away. */
async function release(upload: Upload, to: 'clean' | 'unscanned'): Promise<void> {
  await db
    .from(tableOf(upload))
    .where({ id: upload.id, scan_status: 'pending' })
    .update({ scan_status: to, ...(to === 'clean' && { scanned_at: db.raw('now()') }) })
}

async function refuseDeliverable(
  trx: TransactionClientContract,
  deliverable: Deliverable,
  signature: string
): Promise<void> {
  const { project, milestone } = await lockMilestone(trx, deliverable.milestoneId)
  if (!(await condemn(trx, deliverable, signature))) return
  const { id, name, sha256 } = deliverable
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'deliverable', id },
    actor: SYSTEM,
    action: 'deliverable.quarantined',
    from: 'pending',
    to: 'infected',
    details: { name, sha256, signature },
  })
  await notify(trx, {
    userId: deliverable.uploadedBy,
    kind: 'deliverable.quarantined',
    data: { ...aboutMilestone(project, milestone), deliverable_id: id, name, signature },
  })
}

async function refuseEvidence(
  trx: TransactionClientContract,
  evidence: DisputeEvidence,
  signature: string
): Promise<void> {
  const { milestoneId } = await Dispute.findOrFail(evidence.disputeId, { client: trx })
  const { project, milestone } = await lockMilestone(trx, milestoneId)
  if (!(await condemn(trx, evidence, signature))) return
  const { id, name, sha256, disputeId } = evidence
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'dispute', id: disputeId },
    actor: SYSTEM,
    action: 'dispute.evidence_quarantined',
    details: { evidence_id: id, name, sha256, signature },
  })
  await notify(trx, {
    userId: evidence.uploadedBy,
    kind: 'dispute.evidence_quarantined',
    data: {
      ...aboutMilestone(project, milestone),
      dispute_id: disputeId,
      evidence_id: id,
      name,
      signature,
    },
  })
}

/** @returns whether it was still to be judged */
async function condemn(
  trx: TransactionClientContract,
  upload: Upload,
  signature: string
): Promise<boolean> {
  const rows = await trx
    .from(tableOf(upload))
    .where({ id: upload.id, scan_status: 'pending' })
    .update({
      scan_status: 'infected',
      scan_signature: signature,
      scanned_at: trx.raw('now()'),
    })
    .returning('id')
  return rows.length > 0
}

/** Out of the folder that downloads come from, in case a way around the status is ever found. */
async function putAway(upload: Upload): Promise<void> {
  const { storageKey } = upload
  if (storageKey.startsWith(`${QUARANTINE}/`)) return
  const key = `${QUARANTINE}/${storageKey.split('/').at(-1)}`
  // If it is there already, a try before this one did not come to write that down.
  if (await drive.use().exists(storageKey)) await drive.use().move(storageKey, key)
  await db
    .from(tableOf(upload))
    .where({ id: upload.id, storage_key: storageKey })
    .update({ storage_key: key })
}
