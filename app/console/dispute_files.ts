import { validate as isUuid } from 'uuid'
import { servedType } from '#drive/served_type'
import { notFound } from '#exceptions/problem'
import Deliverable from '#models/deliverable'
import Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'

/** What a browser may show in place. Pages and drawings, which could run something, are not among it. */
const SHOWN: Record<string, readonly string[]> = {
  image: ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'],
  pdf: ['application/pdf'],
  text: ['text/plain', 'text/csv'],
}

/** How a file of this type is shown in place: `image`, `pdf` or `text`; empty if it is only downloaded. */
export function shownAs(contentType: string): string {
  const type = contentType.split(';')[0]
  return Object.entries(SHOWN).find(([, types]) => types.includes(type))?.[0] ?? ''
}

/**
 * The headers under which a party's file is served to staff, from our own host: whatever is in it, nothing of
 * it runs in our name.
 */
export function headersOf(contentType: string): Record<string, string> {
  const as = shownAs(contentType)
  const type = as === 'text' ? 'text/plain; charset=utf-8' : servedType(contentType.split(';')[0])
  // Browsers do not open their PDF viewer in a sandbox. It has no access to our pages, sandbox or not.
  const sandbox = as === 'pdf' ? '' : '; sandbox'
  return {
    'content-type': as ? type : 'application/octet-stream',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'${sandbox}`,
    'cache-control': 'private, no-store',
  }
}

interface PartysFile {
  id: string
  name: string
  contentType: string
  storageKey: string
}

/** A file that was shown in a dispute. @throws Problem 404, also of one that is not safe to open */
export async function findEvidence(disputeId: string, fileId: string): Promise<PartysFile> {
  const file =
    isUuid(disputeId) &&
    isUuid(fileId) &&
    (await DisputeEvidence.query().where({ id: fileId, disputeId }).first())
  if (!file || !file.isSafe) throw notFound('file')
  return file
}

/** A file of the milestone that a dispute is about. @throws Problem 404, also of one that is not safe to open */
export async function findDeliverable(disputeId: string, fileId: string): Promise<PartysFile> {
  const dispute = isUuid(disputeId) && (await Dispute.find(disputeId))
  const file =
    dispute &&
    isUuid(fileId) &&
    (await Deliverable.query().where({ id: fileId, milestoneId: dispute.milestoneId }).first())
  if (!file || !file.isSafe) throw notFound('file')
  return file
}
