import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { notFound } from '#exceptions/problem'
import Deliverable from '#models/deliverable'
import DisputeEvidence from '#models/dispute_evidence'

/** What people upload to show each other: work, and what is shown in a dispute. */
export const FILE_KINDS = ['deliverable', 'evidence'] as const
export type FileKind = (typeof FILE_KINDS)[number]

export type Upload = Deliverable | DisputeEvidence

export const tableOf = (upload: Upload) =>
  upload instanceof Deliverable ? Deliverable.table : DisputeEvidence.table

/** The folder from which an upload is served once it is known to be harmless. */
export const folderOf = (upload: Upload) =>
  upload instanceof Deliverable
    ? `deliverables/${upload.milestoneId}`
    : `evidence/${upload.disputeId}`

/**
 * Any upload, whosever it is: for staff.
 *
 * @param trx locks it when given
 * @throws Problem 404
 */
export async function findUpload(
  kind: string,
  id: string,
  trx?: TransactionClientContract
): Promise<Upload> {
  if (!isUuid(id) || !FILE_KINDS.includes(kind as FileKind)) throw notFound('file')
  const client = trx && { client: trx }
  const query = kind === 'deliverable' ? Deliverable.query(client) : DisputeEvidence.query(client)
  if (trx) query.forUpdate()
  const found: Upload | null = await query.where('id', id).first()
  if (!found) throw notFound('file')
  return found
}
