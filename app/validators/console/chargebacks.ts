import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { RAILS } from '#models/transaction'
import { after, oneOf } from '#validators/console/filters'

export const CHARGEBACKS_SHOWN = ['open', 'wants_evidence', 'over'] as const

const chargebacksSchema = vine.object({
  show: oneOf(CHARGEBACKS_SHOWN),
  rail: oneOf(RAILS),
  after: after(),
})
export const chargebacksFilters = vine.create(chargebacksSchema)
export type ChargebacksFilters = Infer<typeof chargebacksSchema>
