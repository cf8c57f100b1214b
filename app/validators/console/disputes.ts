import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { DISPUTE_STATUSES } from '#models/dispute'
import {
  after,
  currencyFilter,
  figure,
  oneOf,
  typedAmount,
  ungrouped,
} from '#validators/console/filters'
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

/** The split that is looked at, whatever was typed (the page says what is wrong with it), and the page of the timeline. */
export const splitValidator = vine.create(
  vine.object({
    to_freelancer: vine.string().parse(ungrouped).maxLength(100).optional(),
    after: after(),
  })
)

export const decisionValidator = vine.create(
  vine.object({
    to_freelancer: typedAmount(),
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
