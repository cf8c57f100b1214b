import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { RAILS } from '#models/transaction'
import { currency } from '#validators/money'
import { after, typedAmount } from '#validators/console/filters'
import { reasonField } from '#validators/console/settings'
import { line } from '#validators/text'

export const MOVEMENTS = ['top_up', 'withdrawal', 'opening_float'] as const

/** What a bank or a provider calls something. */
const reference = () => line(200).minLength(1)

/** Where each of its lists goes on. */
const pageSchema = vine.object({ refunds: after(), elsewhere: after(), debts: after() })
export const treasuryPage = vine.create(pageSchema)
export type TreasuryPage = Infer<typeof pageSchema>

export const movementValidator = vine.create({
  kind: vine.enum(MOVEMENTS),
  rail: vine.enum(RAILS),
  amount: typedAmount(),
  currency: currency().toUpperCase(),
  reference: reference(),
  reason: reasonField(),
})

export const paidByHandValidator = vine.create({ reference: reference(), reason: reasonField() })

export const adoptionValidator = vine.create({
  rail: vine.enum(RAILS),
  refund_id: reference(),
  milestone: vine.string().uuid(),
  reason: reasonField(),
})

/** `owed`: what the form said is owed, so that it takes once what somebody decided by it. */
export const debtValidator = vine.create({
  amount: typedAmount(),
  owed: typedAmount(),
  reason: reasonField(),
})
