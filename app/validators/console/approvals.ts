import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { APPROVAL_KINDS } from '#models/approval'
import { after, oneOf } from '#validators/console/filters'

export const APPROVAL_STATUSES = ['proposed', 'approved', 'refused', 'withdrawn'] as const

const approvalsSchema = vine.object({
  status: oneOf(APPROVAL_STATUSES),
  kind: oneOf(APPROVAL_KINDS),
  after: after(),
})
export const approvalsFilters = vine.create(approvalsSchema)
export type ApprovalsFilters = Infer<typeof approvalsSchema>

/** The hash of what the second person was shown. */
export const approveValidator = vine.create(
  vine.object({ hash: vine.string().regex(/^[0-9a-f]{64}$/) })
)
