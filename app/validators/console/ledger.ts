import vine from '@vinejs/vine'
import type { Infer } from '@vinejs/vine/types'
import { ENTRY_RULES, type EntryKind } from '#ledger/chart_of_accounts'
import { after, currencyFilter, day, figure, oneOf, words } from '#validators/console/filters'

export const ENTRY_KINDS = [...Object.keys(ENTRY_RULES), 'reversal'] as EntryKind[]

const period = { from: day(), to: day() }

const accountsSchema = vine.object({
  kind: words(40),
  currency: currencyFilter(),
  name: words(),
  balance: oneOf(['not_zero', 'zero']),
  after: after(),
})
export const accountsFilters = vine.create(accountsSchema)
export type AccountsFilters = Infer<typeof accountsSchema>

const postingsSchema = vine.object({
  ...period,
  kind: oneOf(ENTRY_KINDS),
  amount: figure(),
  reference: words(),
  after: after(),
})
export const postingsFilters = vine.create(postingsSchema)
export type PostingsFilters = Infer<typeof postingsSchema>

const entriesSchema = vine.object({
  ...period,
  kind: oneOf(ENTRY_KINDS),
  account: words(),
  currency: currencyFilter(),
  amount: figure(),
  reference: words(),
  after: after(),
})
export const entriesFilters = vine.create(entriesSchema)
export type EntriesFilters = Infer<typeof entriesSchema>
