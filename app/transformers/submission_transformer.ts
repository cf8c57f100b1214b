import { BaseTransformer } from '@adonisjs/core/transformers'
import type Submission from '#models/submission'
import type { SubmittedDeliverable } from '#escrow/submitted_deliverables'
import { isoTime } from '#transformers/serialize'

/** Work that was handed in, and what the client said to it. */
export default class SubmissionTransformer extends BaseTransformer<Submission> {
  toObject() {
    return submissionOf(this.resource)
  }
}

export function submissionOf(submission: Submission) {
  return {
    id: submission.id,
    submitted_by: submission.submittedBy,
    note: submission.note,
    links: submission.links as string[],
    deliverables: submission.deliverables as SubmittedDeliverable[],
    submitted_at: isoTime(submission.createdAt),
    review: submission.review,
    review_reason: submission.reviewReason,
    reviewed_by: submission.reviewedBy,
    reviewed_at: isoTime(submission.reviewedAt),
  }
}
