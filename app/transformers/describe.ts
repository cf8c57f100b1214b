import { loadMilestoneDetails } from '#escrow/milestone_details'
import { loadDisputeDetails } from '#escrow/disputes/dispute_details'
import { visibleDispute } from '#escrow/disputes/visible_disputes'
import type { Answer } from '#escrow/idempotency'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type User from '#models/user'
import DisputeDetailsTransformer from '#transformers/dispute_details_transformer'
import DisputeTransformer from '#transformers/dispute_transformer'
import MilestoneTransformer from '#transformers/milestone_transformer'
import ProjectTransformer from '#transformers/project_transformer'
import { serialize } from '#transformers/serialize'

/**
 * Transformers run no queries. These load what the answer about one record needs, so that every
 * endpoint that answers with a project, or a milestone, answers with the same.
 */

/** @param user who asks, a party of it */
export async function describeProject(project: Project, user: User) {
  // One party is who asks, and known by now.
  if (project.clientId === user.id) project.$setRelated('clientUser', user)
  else await project.load('clientUser')
  if (project.freelancerId === user.id) project.$setRelated('freelancer', user)
  else await project.load('freelancer')
  return serialize(ProjectTransformer.transform(project))
}

export async function describeMilestone(milestone: Milestone) {
  const totals = await loadMilestoneDetails([milestone])
  return serialize(MilestoneTransformer.transform(milestone, totals))
}

/** @throws Problem 404 if there is no such dispute of the user's */
export async function describeDispute(user: User, id: string) {
  const dispute = await visibleDispute(user, id)
  const details = await loadDisputeDetails(dispute, user)
  return serialize(DisputeDetailsTransformer.transform(dispute, details))
}

/** For what is stored under an Idempotency-Key: without what was said, which is looked up anew. */
export async function disputeAnswer(user: User, id: string): Promise<Answer> {
  const dispute = await visibleDispute(user, id)
  return { status: 200, body: await serialize(DisputeTransformer.transform(dispute)) }
}
