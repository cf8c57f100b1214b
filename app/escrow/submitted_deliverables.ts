import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable, wrongState } from '#exceptions/problem'
import Deliverable from '#models/deliverable'
import type DisputeEvidence from '#models/dispute_evidence'
import type Milestone from '#models/milestone'

/** A file as a submission keeps it, for good: what was handed in can be proven by its digest. */
export interface SubmittedDeliverable {
  id: string
  name: string
  size: number
  content_type: string
  sha256: string
}

/**
 * Hands uploaded files of a milestone in. A file that is still being scanned is not taken: the client's
 * time to look at the work starts now, and they could not open it. Needs the milestone's lock.
 *
 * @param ids in the order in which they are shown
 * @throws Problem 422 for an id that is none of this milestone's; 409 `scan_pending` or `quarantined`
 */
export async function submitDeliverables(
  trx: TransactionClientContract,
  milestone: Milestone,
  ids: string[]
): Promise<SubmittedDeliverable[]> {
  if (ids.length === 0) return []
  const found = await Deliverable.query({ client: trx })
    .whereIn('id', ids)
    .where('milestone_id', milestone.id)
    .orderBy('id')
    .forUpdate()
  const ordered = ids.map((id, index) => {
    const deliverable = found.find((one) => one.id === id)
    if (!deliverable) {
      throw unprocessable(
        `deliverable_ids.${index}`,
        'exists',
        'No file with this id was uploaded for this milestone.'
      )
    }
    return assertSafe(deliverable)
  })
  await trx
    .from('deliverables')
    .whereIn('id', ids)
    .whereNull('submitted_at')
    .update({ submitted_at: trx.raw('now()') })
  return ordered.map(({ id, name, size, contentType, sha256 }) => ({
    id,
    name,
    size,
    content_type: contentType,
    sha256,
  }))
}

/**
 * @returns the same
 * @throws Problem 409 `scan_pending` while a file is not known to be harmless, `quarantined` when it is not
 */
export function assertSafe<Upload extends Deliverable | DisputeEvidence>(upload: Upload): Upload {
  if (upload.isSafe) return upload
  const extra =
    upload instanceof Deliverable ? { deliverable_id: upload.id } : { evidence_id: upload.id }
  if (upload.scanStatus === 'pending') {
    throw wrongState(
      `"${upload.name}" is being scanned for viruses. Try again in a minute.`,
      upload.scanStatus,
      { code: 'scan_pending', extra }
    )
  }
  throw wrongState(
    `"${upload.name}" is kept away: the virus scanner found something in it. Upload a clean one.`,
    upload.scanStatus,
    { code: 'quarantined', extra }
  )
}
