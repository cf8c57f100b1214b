import { BaseTransformer } from '@adonisjs/core/transformers'
import type Deliverable from '#models/deliverable'
import { isoTime } from '#transformers/serialize'

/** An uploaded file as the parties see it, whether it was handed in or not. */
export default class DeliverableTransformer extends BaseTransformer<Deliverable> {
  toObject() {
    const deliverable = this.resource
    return {
      id: deliverable.id,
      milestone_id: deliverable.milestoneId,
      uploaded_by: deliverable.uploadedBy,
      name: deliverable.name,
      size: deliverable.size,
      content_type: deliverable.contentType,
      sha256: deliverable.sha256,
      scan_status: deliverable.scanStatus,
      submitted_at: isoTime(deliverable.submittedAt),
      created_at: isoTime(deliverable.createdAt),
    }
  }
}
