import { Money } from '#ledger/money'
import { PROVIDER_NAMES, type PaymentProvider } from '#models/transaction'

/**
 * An amount for people: `1,250.00 USD`.
 *
 * @param minor minor units of the currency
 */
export function money(minor: bigint | number | string, currency: string): string {
  const [whole, rest] = Money.of(BigInt(minor), currency).toDecimal().split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${rest === undefined ? grouped : `${grouped}.${rest}`} ${currency}`
}

/** A moment in UTC, to the minute: `2026-11-26 10:47`. Lists of staff everywhere must agree on what it says. */
export function moment(at: Date | string | null): string {
  if (at === null) return ''
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}

/** How far away a moment is, in the coarsest unit that says something: `in 3 days`, `2 hours ago`. */
export function fromNow(at: Date | string, now: Date = new Date()): string {
  const seconds = Math.round((new Date(at).getTime() - now.getTime()) / 1000)
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return RELATIVE.format(Math.trunc(seconds / size), unit)
}

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** `in_transit` as people write it, `In transit`, and names as their owners write them: `PayPal`. */
export function words(code: string): string {
  if (Object.hasOwn(PROVIDER_NAMES, code)) return PROVIDER_NAMES[code as PaymentProvider]
  const text = code.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The first and last characters of an id, which tell any two of a page apart. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id
}

type Tone = 'good' | 'bad' | 'waiting' | 'quiet'

const TONES: Record<Exclude<Tone, 'quiet'>, readonly string[]> = {
  good: [
    'completed',
    'approved',
    'settled',
    'won',
    'active',
    'handled',
    'resolved',
    'verified',
    'enabled',
    'finished',
    'paid',
  ],
  bad: [
    'failed',
    'lost',
    'refused',
    'dead',
    'blocking',
    'disabled',
    'open_break',
    'suspended',
    'locked',
    'returned',
    'escalated',
    'quarantined',
  ],
  waiting: [
    'pending',
    'open',
    'waiting',
    'negotiating',
    'decided',
    'proposed',
    'disputed',
    'submitted',
    'unclaimed',
    'held',
    'needs_response',
    'in_transit',
    'sent',
    'running',
    'restricted',
    'acknowledged',
    'retry',
  ],
}

/** The size of a file for people: `24.1 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} bytes`
  const power = Math.min(Math.floor(Math.log10(count) / 3), 3)
  return `${(count / 1000 ** power).toFixed(1)} ${['', 'kB', 'MB', 'GB'][power]}`
}

/** How a state is coloured. The word is always there as well. */
export function toneOf(state: string): Tone {
  const found = Object.entries(TONES).find(([, states]) => states.includes(state))
  return (found?.[0] as Tone | undefined) ?? 'quiet'
}

/** The address of a list with other filters: an empty value takes one away, and paging starts anew. */
export function withQuery(
  path: string,
  query: Record<string, unknown>,
  changes: Record<string, unknown>
): string {
  const merged = { ...query, after: undefined, ...changes }
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(merged)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text ? `${path}?${text}` : path
}

/** What somebody typed before the form was refused, else what it begins with. */
export function typedIn(
  flashed: { get(key: string, fallback: unknown): unknown } | undefined,
  name: string,
  value: unknown
): string {
  return String(flashed?.get(name, undefined) ?? value ?? '')
}

/** A record as it is stored, to be read; amounts are whole numbers of minor units there. */
export function raw(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each), 2)
}
