import { BaseTransformer } from '@adonisjs/core/transformers'
import type Proposal from '#models/proposal'
import { isoTime } from '#transformers/serialize'

export default class ProposalTransformer extends BaseTransformer<Proposal> {
  toObject() {
    const proposal = this.resource
    return {
      id: proposal.id,
      project_id: proposal.projectId,
      milestone_id: proposal.milestoneId,
      kind: proposal.kind,
      changes: proposal.changes as Record<string, string>,
      status: proposal.status,
      proposed_by: proposal.proposedBy,
      decided_by: proposal.decidedBy,
      created_at: isoTime(proposal.createdAt),
      decided_at: isoTime(proposal.decidedAt),
    }
  }
}
