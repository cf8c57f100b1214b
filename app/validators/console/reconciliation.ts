import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { RAILS } from '#models/transaction'
import { CORRECTABLE } from '#ledger/chart_of_accounts'
import { BREAK_KINDS } from '#payments/reconcile/breaks'
import { after, oneOf, typedAmount } from '#validators/console/filters'
import { reasonField } from '#validators/console/settings'
import { currency } from '#validators/money'
import { line } from '#validators/text'

const runsSchema = vine.object({ rail: oneOf(RAILS), after: after() })
export const runsFilters = vine.create(runsSchema)
export type RunsFilters = Infer<typeof runsSchema>

const breaksSchema = vine.object({
  rail: oneOf(RAILS),
  kind: oneOf(BREAK_KINDS),
  state: oneOf(['open', 'blocking', 'acknowledged', 'resolved']),
  after: after(),
})
export const breaksFilters = vine.create(breaksSchema)
export type BreaksFilters = Infer<typeof breaksSchema>

/** Accounts that a correcting entry may move. */
export const CORRECTABLE_ACCOUNTS = CORRECTABLE.flatMap((kind) =>
  kind === 'clearing' ? RAILS.map((rail) => `${kind}:${rail}`) : [kind]
)

const correction = {
  debit: vine.enum(CORRECTABLE_ACCOUNTS),
  credit: vine.enum(CORRECTABLE_ACCOUNTS),
  amount: typedAmount(),
  explains: line(120).optional(),
  reason: reasonField(),
}
export const correctionValidator = vine.create(correction)

/** Without a break: in a currency that is named, once for each form. */
export const freeCorrectionValidator = vine.create({
  ...correction,
  currency: currency().toUpperCase(),
  form_id: vine.string().uuid(),
})
