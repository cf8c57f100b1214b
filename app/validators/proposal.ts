import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { PROPOSAL_KINDS, PROPOSAL_STATUSES } from '#models/proposal'
import { pageFields } from '#transformers/page'
import { atLeastOneField } from '#validators/at_least_one_field'
import { milestoneChanges, milestoneFields } from '#validators/milestone'
import { projectChanges } from '#validators/project'

const proposed = vine
  .group([
    vine.group.if((data) => data.kind === 'change_project', {
      kind: vine.literal('change_project'),
      changes: vine.object(projectChanges).use(atLeastOneField(Object.keys(projectChanges))),
    }),
    vine.group.if((data) => data.kind === 'add_milestone', {
      kind: vine.literal('add_milestone'),
      changes: vine.object(milestoneFields),
    }),
    vine.group.if((data) => data.kind === 'change_milestone', {
      kind: vine.literal('change_milestone'),
      milestone_id: vine.string().uuid(),
      changes: vine.object(milestoneChanges).use(atLeastOneField(Object.keys(milestoneChanges))),
    }),
    vine.group.if((data) => data.kind === 'remove_milestone', {
      kind: vine.literal('remove_milestone'),
      milestone_id: vine.string().uuid(),
    }),
  ])
  .otherwise((_, field) => {
    const kind = { ...field, name: 'kind', wildCardPath: 'kind', getFieldPath: () => 'kind' }
    field.report('', 'enum', kind, { choices: PROPOSAL_KINDS })
  })

const proposalSchema = vine.object({}).merge(proposed)
export const proposalValidator = vine.create(proposalSchema)
export type ProposalInput = Infer<typeof proposalSchema>

export const listProposalsValidator = vine.create(
  vine.object({ ...pageFields, status: vine.enum(PROPOSAL_STATUSES).optional() })
)
