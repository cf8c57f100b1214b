import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import {
  PAYMENT_PROVIDERS,
  RAILS,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
} from '#models/transaction'
import { after, currencyFilter, day, figure, oneOf, words } from '#validators/console/filters'

const transactionsSchema = vine.object({
  type: oneOf(TRANSACTION_TYPES),
  status: oneOf(TRANSACTION_STATUSES),
  rail: oneOf(RAILS),
  provider: oneOf(PAYMENT_PROVIDERS),
  currency: currencyFilter(),
  least: figure(),
  most: figure(),
  from: day(),
  to: day(),
  /** Id or e-mail address. */
  user: words(254),
  after: after(),
})
export const transactionsFilters = vine.create(transactionsSchema)
export type TransactionsFilters = Infer<typeof transactionsSchema>
