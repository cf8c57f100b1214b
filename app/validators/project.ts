import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { INVITATION_STATUSES } from '#models/invitation'
import { PROJECT_STATUSES } from '#models/project'
import { pageFields } from '#transformers/page'
import { line, text } from '#validators/text'
import { email, termsVersion } from '#validators/identity'
import { amount, currency } from '#validators/money'
import { futureMoment } from '#validators/moment'
import { atLeastOneField } from '#validators/at_least_one_field'

export const title = () => line(200).minLength(1)
export const description = () => text(20_000)

const createProjectSchema = vine.object({
  title: title(),
  description: description(),
  total_amount: amount(),
  currency: currency().optional(),
  deadline: futureMoment(),
})
export const createProjectValidator = vine.create(createProjectSchema)
export type ProjectInput = Infer<typeof createProjectSchema>

/** A `PUT` names what changes; what it leaves out stays. */
export const projectChanges = {
  title: title().optional(),
  description: description().optional(),
  total_amount: amount().optional(),
  deadline: futureMoment().optional(),
}

const draftChanges = { ...projectChanges, currency: currency().optional() }
const editProjectSchema = vine.object(draftChanges).use(atLeastOneField(Object.keys(draftChanges)))
export const editProjectValidator = vine.create(editProjectSchema)
export type ProjectChanges = Infer<typeof editProjectSchema>

export const listProjectsValidator = vine.create(
  vine.object({ ...pageFields, status: vine.enum(PROJECT_STATUSES).optional() })
)

export const inviteValidator = vine.create(vine.object({ email: email() }))

/**
 * `terms` is the fingerprint of the deal, as the invitation showed it: accept this and nothing else.
 * `terms_version` is another thing, the terms of use that were shown with it.
 */
export const acceptInvitationValidator = vine.create(
  vine
    .object({ terms: vine.string().maxLength(100).optional(), terms_version: termsVersion() })
    .optional()
)

export const listInvitationsValidator = vine.create(
  vine.object({
    ...pageFields,
    status: vine.enum([...INVITATION_STATUSES, 'expired'] as const).optional(),
  })
)

export const messageValidator = vine.create(vine.object({ body: text(10_000) }))
