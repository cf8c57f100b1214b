import { data, noContent, page, type Operations, type Schema } from '#openapi/operation'
import {
  createMilestoneValidator,
  editMilestoneValidator,
  listMilestonesValidator,
  rejectValidator,
  submitValidator,
} from '#validators/milestone'
import {
  acceptInvitationValidator,
  createProjectValidator,
  editProjectValidator,
  inviteValidator,
  listInvitationsValidator,
  listProjectsValidator,
  messageValidator,
} from '#validators/project'
import { listProposalsValidator, proposalValidator } from '#validators/proposal'
import { pageValidator } from '#transformers/page'

const token: Schema = {
  type: 'string',
  description:
    'The token of the mailed link; or the `id` of an invitation that your list of invitations, or a notification, has shown you.',
}

const DRAFT_ONLY =
  'Only while the project is a draft. Once a freelancer has accepted, make a [proposal](#operation/projectsProposalsStore).'

export const projectOperations: Operations = {
  'GET /api/projects': {
    summary: 'List your projects',
    description: 'Newest first. A client sees their drafts too.',
    tag: 'Projects',
    who: 'signed in',
    query: listProjectsValidator,
    answers: { 200: page('ProjectSummary', 'A page of projects.') },
  },
  'POST /api/projects': {
    summary: 'Draft a project',
    description:
      'Next: [add milestones](#operation/projectsMilestonesStore), then [invite a freelancer](#operation/projectsInvitationsStore). Milestones may not add up to more than `total_amount`. Without a `currency`, amounts are in USD.',
    tag: 'Projects',
    who: 'client',
    body: createProjectValidator,
    answers: { 201: data('Project', 'The draft.') },
  },
  'GET /api/projects/:id': {
    summary: 'Show a project',
    tag: 'Projects',
    who: 'signed in',
    answers: { 200: data('Project', 'The project.') },
  },
  'PUT /api/projects/:id': {
    summary: 'Change a draft',
    description: `${DRAFT_ONLY} Fields that are left out stay. Another \`currency\` needs a new \`total_amount\` and no milestones.`,
    tag: 'Projects',
    who: 'client',
    body: editProjectValidator,
    answers: { 200: data('Project', 'The project as it is now.') },
    problems: ['proposal_required', 'wrong_state'],
  },
  'DELETE /api/projects/:id': {
    summary: 'Delete a draft',
    description:
      'With its milestones and invitations. What was accepted once is cancelled instead.',
    tag: 'Projects',
    who: 'client',
    answers: { 204: noContent('It is gone.') },
    problems: ['wrong_state'],
  },
  'POST /api/projects/:id/cancel': {
    summary: 'Cancel a project',
    description: 'For either side, while no money is held for it and none is on its way.',
    tag: 'Projects',
    who: 'signed in',
    answers: { 200: data('Project', 'The project, cancelled.') },
    problems: ['wrong_state', 'money_held', 'payment_pending', 'forbidden'],
  },
  'POST /api/projects/:id/complete': {
    summary: 'Complete a project',
    description:
      'A project completes by itself once its milestones are closed and add up to `total_amount`. This is for when no more milestones will come.',
    tag: 'Projects',
    who: 'client',
    answers: { 200: data('Project', 'The project, completed.') },
    problems: ['wrong_state', 'not_finished'],
  },
  'GET /api/projects/:id/activity': {
    summary: 'Show what happened in a project',
    description: 'Newest first: who did what, and which status it changed.',
    tag: 'Projects',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Activity', 'A page of its history.') },
  },

  'GET /api/projects/:id/milestones': {
    summary: 'List the milestones of a project',
    description: 'In the order in which they were made.',
    tag: 'Milestones',
    who: 'signed in',
    query: listMilestonesValidator,
    answers: { 200: page('Milestone', 'A page of milestones.') },
  },
  'POST /api/projects/:id/milestones': {
    summary: 'Add a milestone to a draft',
    description: DRAFT_ONLY,
    tag: 'Milestones',
    who: 'client',
    body: createMilestoneValidator,
    answers: { 201: data('Milestone', 'The milestone.') },
    problems: ['proposal_required', 'wrong_state'],
  },
  'GET /api/milestones/:id': {
    summary: 'Show a milestone',
    description:
      'With the work that was handed in last ([all of it](#operation/milestonesSubmissions)), and where its money is.',
    tag: 'Milestones',
    who: 'signed in',
    answers: { 200: data('Milestone', 'The milestone.') },
  },
  'GET /api/milestones/:id/submissions': {
    summary: 'List what was handed in for a milestone',
    description: 'Newest first, for both sides: the work, and what the client said to it.',
    tag: 'Milestones',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Submission', 'A page of submissions.') },
  },
  'PUT /api/milestones/:id': {
    summary: 'Change a milestone of a draft',
    description: `${DRAFT_ONLY} Fields that are left out stay.`,
    tag: 'Milestones',
    who: 'client',
    body: editMilestoneValidator,
    answers: { 200: data('Milestone', 'The milestone as it is now.') },
    problems: ['proposal_required', 'wrong_state'],
  },
  'DELETE /api/milestones/:id': {
    summary: 'Delete a milestone of a draft',
    description: DRAFT_ONLY,
    tag: 'Milestones',
    who: 'client',
    answers: { 204: noContent('It is gone.') },
    problems: ['proposal_required', 'wrong_state'],
  },
  'POST /api/milestones/:id/submit': {
    summary: 'Hand work in',
    description:
      'Once the milestone is funded. The client now has `inspection_days` to approve or reject; at `auto_approve_at` silence approves.',
    tag: 'Milestones',
    who: 'freelancer',
    body: submitValidator,
    answers: { 200: data('Milestone', 'The milestone, submitted.') },
    problems: [
      'wrong_state',
      'not_funded',
      'milestone_closed',
      'frozen',
      'refund_pending',
      'scan_pending',
      'quarantined',
    ],
  },
  'POST /api/milestones/:id/reject': {
    summary: 'Reject work',
    description: 'With a reason, so that the freelancer can hand in better work.',
    tag: 'Milestones',
    who: 'client',
    body: rejectValidator,
    answers: { 200: data('Milestone', 'The milestone, rejected.') },
    problems: ['wrong_state', 'milestone_closed', 'frozen'],
  },

  'POST /api/projects/:id/invitations': {
    summary: 'Invite a freelancer',
    description:
      'Mails a link to the frontend’s `/invitations/accept#token=…`. An earlier invitation that nobody has answered is revoked. The address need not have an account yet.',
    tag: 'Invitations',
    who: 'client',
    verified: true,
    body: inviteValidator,
    answers: { 201: data('Invitation', 'The invitation. Its token is only in the mail.') },
    problems: ['wrong_state', 'own_address', 'invitee_is_client'],
  },
  'GET /api/invitations': {
    summary: 'List invitations',
    description:
      'A client’s: those they sent. A freelancer’s: those to their address, once it is verified, with the project and what it would bring them. Answer one by its `id`.',
    tag: 'Invitations',
    who: 'signed in',
    query: listInvitationsValidator,
    answers: { 200: page('Invitation', 'A page of invitations.') },
  },
  'POST /api/invitations/:token/accept': {
    summary: 'Accept an invitation',
    description:
      'The project becomes active; fee and inspection days are fixed with it. Send the `terms` that the invitation showed, so that nothing else is accepted. With it you accept the terms of use: send their `terms_version` as `GET /api/terms` gives it; without it, you accept those in force.',
    tag: 'Invitations',
    who: 'freelancer',
    verified: true,
    params: { token },
    body: acceptInvitationValidator,
    bodyOptional: true,
    answers: { 200: data('Invitation', 'The invitation, accepted.') },
    problems: [
      'wrong_state',
      'terms_changed',
      'terms_not_in_force',
      'other_address',
      'not_a_freelancer',
    ],
    never: ['forbidden'],
  },
  'POST /api/invitations/:token/decline': {
    summary: 'Decline an invitation',
    tag: 'Invitations',
    who: 'freelancer',
    verified: true,
    params: { token },
    answers: { 200: data('Invitation', 'The invitation, declined.') },
    problems: ['wrong_state', 'other_address', 'not_a_freelancer'],
    never: ['forbidden'],
  },

  'GET /api/projects/:id/messages': {
    summary: 'Read messages',
    description: 'Newest first.',
    tag: 'Messages',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Message', 'A page of messages.') },
  },
  'POST /api/projects/:id/messages': {
    summary: 'Write a message',
    description: 'To the other side, which is notified. Once there is one: not in a draft.',
    tag: 'Messages',
    who: 'signed in',
    body: messageValidator,
    answers: { 201: data('Message', 'The message.') },
    problems: ['wrong_state', 'party_erased'],
  },

  'GET /api/projects/:id/proposals': {
    summary: 'List proposals',
    description: 'Newest first.',
    tag: 'Projects',
    who: 'signed in',
    query: listProposalsValidator,
    answers: { 200: page('Proposal', 'A page of proposals.') },
  },
  'POST /api/projects/:id/proposals': {
    summary: 'Propose a change',
    description:
      'Of a running project, by either side. It counts once the other side [accepts](#operation/proposalsAccept). The amount of a funded milestone cannot change.',
    tag: 'Projects',
    who: 'signed in',
    body: proposalValidator,
    answers: { 201: data('Proposal', 'The proposal.') },
    problems: ['wrong_state', 'milestone_closed', 'milestone_funded', 'deposit_pending'],
  },
  'POST /api/proposals/:id/accept': {
    summary: 'Accept a proposal',
    description: 'The other side’s. The change is made at once.',
    tag: 'Projects',
    who: 'signed in',
    answers: { 200: data('Proposal', 'The proposal, accepted.') },
    problems: [
      'forbidden',
      'wrong_state',
      'proposal_outdated',
      'milestone_closed',
      'milestone_funded',
      'deposit_pending',
      'validation_failed',
    ],
  },
  'POST /api/proposals/:id/decline': {
    summary: 'Decline a proposal',
    description: 'The other side’s. Nothing changes.',
    tag: 'Projects',
    who: 'signed in',
    answers: { 200: data('Proposal', 'The proposal, declined.') },
    problems: ['forbidden', 'wrong_state'],
  },

  'GET /api/users/:id': {
    summary: 'Show another person',
    description:
      'Yourself, the other side of a project, or the client who invites you. Nobody else.',
    tag: 'Profile',
    who: 'signed in',
    answers: { 200: data('PublicProfile', 'What parties see of each other.') },
  },
}
