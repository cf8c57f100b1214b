import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { after, day, oneOf, words } from '#validators/console/filters'

export const AUDIT_ACTORS = ['staff', 'operator', 'system'] as const

const linesSchema = vine.object({
  actor: oneOf(AUDIT_ACTORS),
  who: words(),
  action: words(),
  type: words(),
  target: words(),
  from: day(),
  to: day(),
  after: after(),
})
export const auditFilters = vine.create(linesSchema)
export type AuditFilters = Infer<typeof linesSchema>
