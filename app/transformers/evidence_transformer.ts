import { BaseTransformer } from '@adonisjs/core/transformers'
import type DisputeEvidence from '#models/dispute_evidence'
import { isoTime } from '#transformers/serialize'

/** A file of evidence as both sides see it. */
export default class EvidenceTransformer extends BaseTransformer<DisputeEvidence> {
  toObject() {
    return evidenceOf(this.resource)
  }
}

export function evidenceOf(evidence: DisputeEvidence) {
  return {
    id: evidence.id,
    dispute_id: evidence.disputeId,
    uploaded_by: evidence.uploadedBy,
    name: evidence.name,
    size: evidence.size,
    content_type: evidence.contentType,
    sha256: evidence.sha256,
    scan_status: evidence.scanStatus,
    created_at: isoTime(evidence.createdAt),
  }
}
