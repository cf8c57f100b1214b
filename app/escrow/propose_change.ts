import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { aboutProject } from '#escrow/about'
import {
  applyChange,
  lockRunning,
  otherParty,
  recordProposal,
  toStored,
  type Change,
} from '#escrow/apply_proposal'
import { lockProject } from '#escrow/locks'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import Proposal from '#models/proposal'
import type User from '#models/user'
import type { ProposalInput } from '#validators/proposal'

/**
 * Offers the other side a change of the deal. The change is tried and undone first, so that what
 * could not be accepted today is not offered.
 *
 * @throws Problem 404 for a milestone of another project; 409 `wrong_state` unless the project runs;
 *   and what the change itself throws, see `change_terms.ts`
 */
export async function proposeChange(
  projectId: string,
  { by, proposal: input }: { by: User; proposal: ProposalInput }
): Promise<Proposal> {
  const change: Change = {
    kind: input.kind,
    milestoneId: 'milestone_id' in input ? input.milestone_id : null,
    terms: 'changes' in input ? toStored(input.changes) : {},
  }

  return inTransaction(async (trx) => {
    const project = await lockRunning(trx, projectId)
    await tryOut(trx, projectId, change)

    const proposal = await Proposal.create(
      {
        projectId: project.id,
        milestoneId: change.milestoneId,
        proposedBy: by.id,
        kind: change.kind,
        changes: change.terms,
        status: 'open',
        decidedBy: null,
        decidedAt: null,
      },
      { client: trx }
    )
    await recordProposal(trx, proposal, by, { action: 'proposal.opened' })
    await notify(trx, {
      userId: otherParty(project, by.id),
      kind: 'proposal.opened',
      data: { ...aboutProject(project), proposal_id: proposal.id, by: by.displayName },
    })
    return proposal
  })
}

/** Makes the change behind a savepoint and goes back to it, so that only its refusals remain. */
async function tryOut(
  trx: TransactionClientContract,
  projectId: string,
  change: Change
): Promise<void> {
  const attempt = await trx.transaction()
  try {
    await applyChange(attempt, await lockProject(attempt, projectId), change)
  } finally {
    await attempt.rollback()
  }
}
