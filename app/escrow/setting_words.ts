import {
  describeSetting,
  InvalidSetting,
  parseSetting,
  type SettingName,
  type SettingValue,
} from '#escrow/settings'

/** Units by how names end. */
const UNITS: Record<string, [one: string, several: string]> = {
  days: ['day', 'days'],
  hours: ['hour', 'hours'],
  minutes: ['minute', 'minutes'],
  seconds: ['second', 'seconds'],
  mb: ['MB', 'MB'],
}

const suffixOf = (name: SettingName) => name.slice(name.lastIndexOf('_') + 1)

/** A value with its unit, as people read it: `14 days`, `7.5 % (750 basis points)`, `250.00 USD, 250.00 EUR`. */
export function inUnits(name: SettingName, value: unknown): string {
  const typed = asTyped(value)
  if (name === 'four_eyes_threshold') return `${typed} in the currency of the case`
  if (suffixOf(name) === 'bps') return `${perCent(Number(value))} % (${typed} basis points)`
  const unit = UNITS[suffixOf(name)]
  return unit ? `${typed} ${value === 1 ? unit[0] : unit[1]}` : typed
}

/** A value as it may be typed in again: `14`, `7, 3, 1`, `250.00 USD, 250.00 EUR`. */
export function asTyped(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'none'
  const amounts = Object.entries(value)
  return amounts.length > 0
    ? amounts.map(([currency, amount]) => `${amount} ${currency}`).join(', ')
    : 'none'
}

/**
 * Reads what somebody typed: as `asTyped` writes it, as JSON, or a rate in per cent.
 *
 * @throws InvalidSetting
 */
export function readTyped<Name extends SettingName>(name: Name, text: string): SettingValue<Name> {
  return parseSetting(name, valueOf(name, text.trim()))
}

function valueOf(name: SettingName, text: string): unknown {
  const { default: like } = describeSetting(name)
  if (typeof like === 'string') return text
  if (/^[[{]/.test(text)) return readJson(text)
  if (typeof like === 'number') return suffixOf(name) === 'bps' ? basisPoints(text) : number(text)
  const parts = text === 'none' ? [] : text.split(',').map((part) => part.trim())
  if (Array.isArray(like)) return parts.map(number)
  return Object.fromEntries(parts.map(amountOf))
}

/** What is not of the form stays as it is, for `parseSetting` to refuse. */
const number = (text: string) => (/^-?\d{1,9}$/.test(text) ? Number(text) : text)

function amountOf(part: string): [currency: string, amount: string] {
  const match = /^(?:(?<before>[A-Z]{3})\s+)?(?<amount>[\d.]+)(?:\s+(?<after>[A-Z]{3}))?$/.exec(
    part
  )
  const { before, after, amount } = match?.groups ?? {}
  if (!amount || !before === !after) {
    throw new InvalidSetting('Write each amount with its currency: 100.00 USD, 9000 JPY.')
  }
  return [before ?? after, amount]
}

function basisPoints(text: string): unknown {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%$/.exec(text)
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : number(text)
}

/** Basis points as people write them: `7.5` for 750. */
export function perCent(bps: number): string {
  const hundredths = String(bps % 100)
    .padStart(2, '0')
    .replace(/0+$/, '')
  return `${Math.trunc(bps / 100)}${hundredths && `.${hundredths}`}`
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
