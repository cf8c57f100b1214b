import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { scan, scannerIsSetUp, type Verdict } from '#drive/virus_scanner'
import { aboutMilestone } from '#escrow/about'
import { lockMilestone } from '#escrow/locks'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { notify } from '#notifications/notify'
import Deliverable from '#models/deliverable'

/** Where a file lies in which the scanner found something; nothing is served from here. */
export const QUARANTINE = 'quarantine'

/**
 * Has the scanner look at an upload that waits for it. What it finds nothing in can be downloaded and
 * handed in from now on; what it finds something in never, and whoever uploaded it is told.
 *
 * Safe to repeat: a file is judged once, and put away until it is.
 *
 * @throws Error if the scanner gives no answer; the file waits on
 */
export async function scanUpload(deliverableId: string): Promise<void> {
  const deliverable = await Deliverable.find(deliverableId)
  if (!deliverable) return
  if (deliverable.scanStatus === 'pending') {
    if (!scannerIsSetUp()) return release(deliverable, 'unscanned')
    const verdict = await scan(await drive.use().getStream(deliverable.storageKey))
    if (verdict.clean) return release(deliverable, 'clean')
    await inTransaction((trx) => condemn(trx, deliverable, verdict.signature))
    await deliverable.refresh()
  }
  if (deliverable.scanStatus === 'infected') await putAway(deliverable)
}

/** Scanned, or taken for harmless because the scanner was taken away. */
async function release(deliverable: Deliverable, to: 'clean' | 'unscanned'): Promise<void> {
  await db
    .from('deliverables')
    .where({ id: deliverable.id, scan_status: 'pending' })
    .update({ scan_status: to, ...(to === 'clean' && { scanned_at: db.raw('now()') }) })
}

async function condemn(
  trx: TransactionClientContract,
  { id, milestoneId }: Deliverable,
  signature: Exclude<Verdict, { clean: true }>['signature']
): Promise<void> {
  const { project, milestone } = await lockMilestone(trx, milestoneId)
  const deliverable = await Deliverable.query({ client: trx }).where('id', id).forUpdate().first()
  if (deliverable?.scanStatus !== 'pending') return
  await trx
    .from('deliverables')
    .where('id', id)
    .update({
      scan_status: 'infected',
      scan_signature: signature,
      scanned_at: trx.raw('now()'),
    })
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'deliverable', id },
    actor: SYSTEM,
    action: 'deliverable.quarantined',
    from: 'pending',
    to: 'infected',
    details: { name: deliverable.name, sha256: deliverable.sha256, signature },
  })
  await notify(trx, {
    userId: deliverable.uploadedBy,
    kind: 'deliverable.quarantined',
    data: {
      ...aboutMilestone(project, milestone),
      deliverable_id: id,
      name: deliverable.name,
      signature,
    },
  })
}

/** Out of the folder that downloads come from, in case a way around the status is ever found. */
async function putAway(deliverable: Deliverable): Promise<void> {
  const { storageKey } = deliverable
  if (storageKey.startsWith(`${QUARANTINE}/`)) return
  const key = `${QUARANTINE}/${storageKey.split('/').at(-1)}`
  // If it is there already, a try before this one did not come to write that down.
  if (await drive.use().exists(storageKey)) await drive.use().move(storageKey, key)
  await db
    .from('deliverables')
    .where({ id: deliverable.id, storage_key: storageKey })
    .update({ storage_key: key })
}
