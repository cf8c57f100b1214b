import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { MILESTONE_STATUSES } from '#models/milestone'
import { pageFields } from '#transformers/page'
import { storable, text } from '#validators/text'
import { amount } from '#validators/money'
import { futureMoment } from '#validators/moment'
import { description, title } from '#validators/project'
import { atLeastOneField } from '#validators/at_least_one_field'

export const milestoneFields = {
  title: title(),
  description: description(),
  amount: amount(),
  due_date: futureMoment(),
}
const createMilestoneSchema = vine.object(milestoneFields)
export const createMilestoneValidator = vine.create(createMilestoneSchema)
export type MilestoneInput = Infer<typeof createMilestoneSchema>

export const milestoneChanges = {
  title: title().optional(),
  description: description().optional(),
  amount: amount().optional(),
  due_date: futureMoment().optional(),
}
const editMilestoneSchema = vine
  .object(milestoneChanges)
  .use(atLeastOneField(Object.keys(milestoneChanges)))
export const editMilestoneValidator = vine.create(editMilestoneSchema)
export type MilestoneChanges = Infer<typeof editMilestoneSchema>

export const listMilestonesValidator = vine.create(
  vine.object({ ...pageFields, status: vine.enum(MILESTONE_STATUSES).optional() })
)

const submitSchema = vine.object({
  note: text(10_000),
  links: vine
    .array(
      vine
        .string()
        .trim()
        .url({ protocols: ['https'], require_protocol: true })
        .maxLength(2_000)
        .use(storable())
    )
    .maxLength(20)
    .optional(),
  deliverable_ids: vine
    .array(vine.string().uuid().toLowerCase())
    .distinct()
    .maxLength(100)
    .optional(),
})
export const submitValidator = vine.create(submitSchema)
export type SubmissionInput = Infer<typeof submitSchema>

export const rejectValidator = vine.create(vine.object({ reason: text(10_000) }))
