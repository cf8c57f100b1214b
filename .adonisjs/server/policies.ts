export const policies = {
  MilestonePolicy: () => import('#policies/milestone_policy'),
  ProjectPolicy: () => import('#policies/project_policy'),
  ProposalPolicy: () => import('#policies/proposal_policy'),
}

