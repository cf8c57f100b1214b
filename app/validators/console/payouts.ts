import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { RETURNED_AND_SETTLED } from '#console/returned_payouts'
import { PAYMENT_PROVIDERS, RAILS } from '#models/transaction'
import { after, oneOf, words } from '#validators/console/filters'

/** As people look for payouts: `held` and `unclaimed` are ways of waiting and of being in transit, `taken_back` one of having failed, `returned_and_settled` one of having come back. */
export const PAYOUT_STATES = [
  'waiting',
  'held',
  'in_transit',
  'unclaimed',
  'failed',
  'taken_back',
  'returned',
  RETURNED_AND_SETTLED,
  'paid',
  'cancelled',
] as const

/** How old one has to be at least, and what that is in hours. */
export const AGES = { over_an_hour: 1, over_a_day: 24, over_3_days: 72, over_a_week: 168 } as const

const payoutsSchema = vine.object({
  state: oneOf(PAYOUT_STATES),
  rail: oneOf(RAILS),
  provider: oneOf(PAYMENT_PROVIDERS),
  age: oneOf(Object.keys(AGES) as (keyof typeof AGES)[]),
  user: words(254),
  after: after(),
})
export const payoutsFilters = vine.create(payoutsSchema)
export type PayoutsFilters = Infer<typeof payoutsSchema>
