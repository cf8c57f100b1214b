import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { DISPUTE_STATUSES } from '#models/dispute'
import { amount } from '#validators/money'
import { after, currencyFilter, figure, oneOf } from '#validators/console/filters'
import { reasonField } from '#validators/console/settings'

export const DISPUTE_ORDERS = ['deadline', 'amount'] as const

const disputesSchema = vine.object({
  status: oneOf(DISPUTE_STATUSES),
  currency: currencyFilter(),
  least: figure(),
  order: oneOf(DISPUTE_ORDERS),
  after: after(),
})
export const disputesFilters = vine.create(disputesSchema)
export type DisputesFilters = Infer<typeof disputesSchema>

/** The split that is looked at; what is no amount is none. */
export const splitValidator = vine.create(vine.object({ to_freelancer: amount().optional() }))

export const decisionValidator = vine.create(
  vine.object({
    to_freelancer: amount(),
    // For both parties, who may read more than a line.
    reason: vine.string().trim().minLength(3).maxLength(5000),
    version: vine.string().regex(/^\d{1,18}$/),
  })
)

export const approvalValidator = vine.create(
  vine.object({
    approval: vine.string().uuid(),
    hash: vine.string().regex(/^[0-9a-f]{64}$/),
  })
)

export const refusalValidator = vine.create(
  vine.object({ approval: vine.string().uuid(), reason: reasonField() })
)
