import type { Schema } from '#openapi/operation'

interface Convention {
  /** Of the field's name. */
  name: RegExp
  /** Of the member that the field is in, where only that one's are meant. */
  within?: string
  /** Laid under what the schema says of itself, where that is text. */
  text?: Schema
  description?: string
  /** Where the convention holds; by default in requests and answers. */
  only?: 'request' | 'answer'
}

export const AMOUNT = '^-?\\d+(\\.\\d{1,3})?$'

/**
 * What a field's name says about its content, everywhere in the API. The first line that fits counts;
 * what a validator or a type says itself goes before it.
 */
const CONVENTIONS: Convention[] = [
  {
    name: /^id$/,
    within: 'last_bank_payout',
    description: 'As the payment provider calls it.',
  },
  {
    name: /^(provider_transaction_id|stripe_account_id|client_secret|publishable_key)$/,
    description: 'As the payment provider calls it; empty while it has no name there.',
  },
  { name: /^request_id$/, description: 'Finds the request in our logs.' },
  {
    name: /^(id|.+_id|escrow_account|milestone|project|repays|\w+ed_by)$/,
    text: { format: 'uuid' },
    only: 'answer',
  },
  {
    name: /(_at|_until|^respond_by|^deadline|^due_date|^not_before|^at)$/,
    text: { format: 'date-time' },
    description: 'ISO 8601, in UTC.',
    only: 'answer',
  },
  {
    name: /^(deadline|due_date)$/,
    description: 'ISO 8601, in the future; UTC unless it says otherwise.',
    only: 'request',
  },
  {
    name: /^hourly_rate$/,
    text: { pattern: AMOUNT },
    description: 'A decimal string in `hourly_rate_currency`.',
  },
  {
    name: /(^|_)(amount|fee|net|deposited|released|refunded|charged_back|held|funded|balance|minimum|maximum|owed|debt_offset|refund_payable|earned|spent|paid_out|payable|in_transit|unapplied|total)$/,
    text: { pattern: AMOUNT },
    description: 'A decimal string in the currency beside it, such as "1250.00".',
  },
  {
    name: /(^|_)currency$/,
    text: { pattern: '^[A-Z]{3}$' },
    description: 'ISO 4217, such as USD.',
  },
  { name: /^month$/, text: { pattern: '^\\d{4}-\\d{2}$' }, description: 'Such as 2026-03.' },
  { name: /^sha256$/, text: { pattern: '^[0-9a-f]{64}$' } },
  { name: /_bps$/, description: 'In hundredths of a percent: 500 is 5 %.' },
  { name: /^email$/, text: { format: 'email' }, only: 'answer' },
  { name: /^(avatar|url)$/, text: { format: 'uri' }, only: 'answer' },
  {
    name: /^country$/,
    text: { pattern: '^[A-Z]{2}$' },
    description: 'ISO 3166-1 alpha-2, such as US.',
    only: 'answer',
  },
  { name: /^country$/, description: 'ISO 3166-1 alpha-2, such as US.' },
  { name: /^payment_provider$/, description: 'Whom the user pays by, or is paid by.' },
  {
    name: /^wait_reason$/,
    description: 'Why it is still pending, in words for people, where that is known.',
  },
  { name: /^failure$/, description: 'Why it failed; null unless it did.' },
  { name: /^limit$/, description: 'How many on a page, 20 unless said.', only: 'request' },
  { name: /^after$/, description: '`meta.next_cursor` of the page before.', only: 'request' },
  { name: /^seq$/, description: 'Counts the notifications of a user, without gaps.' },
  { name: /^terms$/, description: 'Fingerprint of what the invitation offers.' },
]

/** Lays the conventions under every field of a schema. */
export function describeFields(schema: Schema, of: 'request' | 'answer', within?: string): Schema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (!value || typeof value !== 'object') return value
    return describeFields(value as Schema, of, within)
  }
  const copy: Schema = {}
  for (const [key, value] of Object.entries(schema)) {
    const isProperties = key === 'properties' && value && typeof value === 'object'
    copy[key] = isProperties
      ? describeProperties(value as Record<string, Schema>, of, within)
      : walk(value)
  }
  return copy
}

function describeProperties(
  properties: Record<string, Schema>,
  of: 'request' | 'answer',
  within?: string
): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const convention = CONVENTIONS.find(
        (one) =>
          one.name.test(name) &&
          (one.only ?? of) === of &&
          (one.within === undefined || one.within === within)
      )
      const schema = describeFields(property, of, name)
      if (!convention || '$ref' in schema) return [name, schema]
      // What is said of text is not true of a flag or an object that has the same name.
      if (convention.text && !isText(schema)) return [name, schema]
      const { description } = convention
      return [
        name,
        {
          ...(isText(schema) && convention.text),
          ...schema,
          ...(!schema.description && description && { description }),
        },
      ]
    })
  )
}

function isText({ type, enum: choices, const: only }: Schema): boolean {
  const types = Array.isArray(type) ? type : [type]
  return types.includes('string') && choices === undefined && only === undefined
}
