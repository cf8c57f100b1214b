import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden, notFound, wrongState } from '#exceptions/problem'
import { aboutProject } from '#escrow/about'
import {
  applyChange,
  changeOf,
  isOutdated,
  lockRunning,
  recordProposal,
} from '#escrow/apply_proposal'
import { completeIfDone } from '#escrow/complete_project'
import { lockProject } from '#escrow/locks'
import { actorOf } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import type Project from '#models/project'
import Proposal from '#models/proposal'
import type User from '#models/user'

/**
 * Accepts what the other side offered; it counts from now on. Every rule is checked again under the
 * locks, because the deal may have moved on since. A project that has nothing left to do thereby
 * completes.
 *
 * @throws Problem 404; 403 to the one who proposed it; 409 `wrong_state` if it is decided or the project does not run,
 *   `proposal_outdated` if one of its dates has passed; and what the change throws, see `change_terms.ts`
 */
export async function acceptProposal(proposalId: string, { by }: { by: User }): Promise<Proposal> {
  return inTransaction(async (trx) => {
    const project = await lockRunning(trx, await projectOf(trx, proposalId))
    const proposal = await lockOpen(trx, proposalId, by)
    if (isOutdated(proposal.changes)) {
      throw wrongState('A date of this proposal has passed; make a new one.', proposal.status, {
        code: 'proposal_outdated',
      })
    }
    const milestone = await applyChange(trx, project, changeOf(proposal))
    if (milestone) proposal.milestoneId = milestone.id
    await decide(trx, project, proposal, 'accepted', by)
    await completeIfDone(trx, project, actorOf(by))
    return proposal
  })
}

/** Turns it down; nothing changes. @throws Problem 404; 403; 409 `wrong_state` if it is decided */
export async function declineProposal(proposalId: string, { by }: { by: User }): Promise<Proposal> {
  return inTransaction(async (trx) => {
    const project = await lockProject(trx, await projectOf(trx, proposalId))
    const proposal = await lockOpen(trx, proposalId, by)
    await decide(trx, project, proposal, 'declined', by)
    return proposal
  })
}

async function projectOf(trx: TransactionClientContract, proposalId: string): Promise<string> {
  const row = await trx.from('proposals').where('id', proposalId).select('project_id').first()
  if (!row) throw notFound('proposal')
  return row.project_id
}

async function lockOpen(
  trx: TransactionClientContract,
  proposalId: string,
  by: User
): Promise<Proposal> {
  const proposal = await Proposal.query({ client: trx })
    .where('id', proposalId)
    .forUpdate()
    .firstOrFail()
  if (proposal.proposedBy === by.id) {
    throw forbidden('You proposed this; it is for the other side to answer.')
  }
  if (proposal.status !== 'open') {
    throw wrongState(`This proposal is ${proposal.status} already.`, proposal.status)
  }
  return proposal
}

async function decide(
  trx: TransactionClientContract,
  project: Project,
  proposal: Proposal,
  status: 'accepted' | 'declined',
  by: User
): Promise<void> {
  await trx
    .from('proposals')
    .where('id', proposal.id)
    .update({
      status,
      milestone_id: proposal.milestoneId,
      decided_by: by.id,
      decided_at: trx.raw('now()'),
    })
  await proposal.useTransaction(trx).refresh()
  await recordProposal(trx, proposal, by, { action: `proposal.${status}`, from: 'open' })
  await notify(trx, {
    userId: proposal.proposedBy,
    kind: `proposal.${status}`,
    data: { ...aboutProject(project), proposal_id: proposal.id, by: by.displayName },
  })
}
