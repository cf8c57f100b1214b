import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import app from '@adonisjs/core/services/app'
import { InvalidAmount, Money } from '#ledger/money'

/**
 * What people decide about SafeSend and may change while it runs: fees, periods, thresholds.
 * Defaults are here; a change is a new row of `settings`, never an overwritten one.
 */

interface Definition<Value> {
  default: Value
  /** What it decides, with its unit, as shown to staff. */
  about: string
  /** What it takes, to go on with after "It must be". */
  wants: string
  /** Reads a stored or typed-in value; throws `InvalidSetting`. */
  parse(value: unknown): Value
}

export class InvalidSetting extends Error {
  constructor(
    message: string,
    readonly settingName?: string
  ) {
    super(message)
  }
}

const definitions = {
  platform_fee_bps: integer(1000, 0, 10_000, 'Platform fee, basis points of what is released'),
  inspection_days: integer(
    14,
    1,
    30,
    'Days of silence after which a submission counts as approved'
  ),
  payout_hold_days: integer(0, 0, 90, 'Days between a release and its payout'),
  refund_response_days: integer(5, 1, 30, 'Days the freelancer has to answer a refund request'),
  refund_free_hours: integer(24, 0, 720, 'Hours after funding with an immediate refund'),
  refund_overdue_days: integer(
    7,
    0,
    365,
    'Days past the due date, without a submission, from which a refund is immediate'
  ),
  dispute_response_days: integer(5, 1, 30, 'Days for the first answer to a dispute'),
  dispute_negotiation_days: integer(
    14,
    1,
    90,
    'Days after its opening from which staff decide a dispute that the parties have not settled'
  ),
  dispute_again_days: integer(
    7,
    0,
    90,
    'Days after withdrawing a dispute before the same person may open another over the milestone'
  ),
  dispute_reminder_days: integerList(
    [3, 1],
    1,
    30,
    'Days before a deadline of a dispute on which who is waited for is reminded'
  ),
  small_claim_threshold: amounts(
    { USD: '250.00', EUR: '250.00', GBP: '250.00' },
    'Amounts by currency below which what is held can be halved at once if both choose so; in any other currency nothing can'
  ),
  evidence_max_mb: integer(25, 1, 2000, 'Megabytes that one file of evidence may have'),
  evidence_per_side: integer(
    30,
    1,
    1000,
    'Files of evidence that each side of a dispute may upload'
  ),
  evidence_total_mb: integer(
    250,
    1,
    100_000,
    'Megabytes that all evidence of one side of a dispute may have together'
  ),
  invitation_expiry_days: integer(14, 1, 90, 'Days an invitation can be accepted'),
  evidence_lead_hours: integer(
    48,
    1,
    240,
    'Hours before its deadline at which evidence for a dispute is submitted by itself'
  ),
  hold_warning_days: integer(30, 1, 180, 'Days before held money must move that staff are warned'),
  review_reminder_days: integerList(
    [7, 3, 1],
    1,
    30,
    'Days before automatic approval on which the client is reminded'
  ),
  four_eyes_threshold: amount(
    '500.00',
    'Amount held above which a decision of a dispute takes a second person: so many dollars, euros or yen, not converted'
  ),
  unknown_lookup_interval_seconds: integer(
    600,
    // Tests need not wait; everybody else must: a look-up too soon sees too little.
    app.inTest ? 0 : 60,
    86_400,
    'Seconds between look-ups of an unknown outcome at a provider'
  ),
  key_absence_lookups: integer(
    2,
    2,
    10,
    'Look-ups that must find nothing before an intent may be sent under a new key'
  ),
  break_block_threshold: amounts(
    { USD: '100.00', EUR: '100.00', GBP: '100.00' },
    'Amounts by currency above which an open break of a reconciliation stops payouts of its rail; in any other currency every break does'
  ),
  reconcile_grace_minutes: integer(
    60,
    app.inTest ? 0 : 5,
    1440,
    'Minutes that our books have to follow a provider before a difference is a break'
  ),
  in_transit_days: integer(
    31,
    1,
    180,
    'Days that a payout or refund may be on its way before it is a break; PayPal keeps an unclaimed one for 30'
  ),
  deliverable_max_mb: integer(100, 1, 2000, 'Megabytes that one uploaded file may have'),
  deliverables_per_milestone: integer(50, 1, 1000, 'Files that may be uploaded for one milestone'),
  deliverables_total_mb: integer(
    1000,
    1,
    100_000,
    'Megabytes that all files of one milestone may have together'
  ),
  terms_version: label(
    '2026-11-01',
    40,
    'Version of the terms of use that who registers or takes a project on accepts'
  ),
  exports_per_day: integer(3, 1, 100, 'Copies of their data that a user may ask for in 24 hours'),
  // Windows after which personal data is deleted: docs/privacy.md says why each is as long as it is.
  export_retention_days: integer(7, 1, 30, 'Days that a copy of their data waits for its user'),
  sign_in_retention_days: integer(
    30,
    1,
    365,
    'Days that sessions and mailed links are kept after they have ended'
  ),
  notification_retention_days: integer(365, 30, 3650, 'Days that read notifications are kept'),
  invitation_address_days: integer(
    30,
    1,
    3650,
    'Days that the address of an invitation is kept that was declined, revoked or not answered'
  ),
  inbox_payload_days: integer(
    90,
    30,
    3650,
    'Days that the content of handled webhook events is kept, for replay'
  ),
  message_retention_days: integer(
    1095,
    550,
    3650,
    'Days after the last event of a finished project that its messages are kept, as evidence'
  ),
  unverified_account_days: integer(
    90,
    7,
    3650,
    'Days after which an account is erased that was never verified and is not used'
  ),
  status_notice: sentence(
    'none',
    500,
    'What the public status page says on top, such as planned work; "none" for nothing'
  ),
  console_idle_minutes: integer(
    30,
    1,
    480,
    'Minutes without a request after which somebody is signed out of the console'
  ),
  console_step_up_minutes: integer(
    10,
    1,
    120,
    'Minutes that a second factor counts at the console for what moves money or trust'
  ),
} satisfies Record<string, Definition<unknown>>

export type SettingName = keyof typeof definitions
export type SettingValue<Name extends SettingName> = (typeof definitions)[Name]['default']
export type Settings = { [Name in SettingName]: SettingValue<Name> }

type Reader = Pick<QueryClientContract, 'rawQuery'>

/** One setting as it is now, for `db` or inside a transaction. */
export async function setting<Name extends SettingName>(
  client: Reader,
  name: Name
): Promise<SettingValue<Name>> {
  const { rows } = await client.rawQuery(
    'SELECT value FROM settings WHERE name = ? ORDER BY version DESC LIMIT 1',
    [name]
  )
  return rows.length === 0 ? definitions[name].default : parseSetting(name, rows[0].value)
}

/** All settings as they are now, in one round trip. */
export async function settings(client: Reader): Promise<Settings> {
  const { rows } = await client.rawQuery(
    'SELECT DISTINCT ON (name) name, value FROM settings ORDER BY name, version DESC'
  )
  const stored = new Map<string, unknown>(rows.map((row: any) => [row.name, row.value]))
  return Object.fromEntries(
    settingNames().map((name) => [
      name,
      stored.has(name) ? parseSetting(name, stored.get(name)) : definitions[name].default,
    ])
  ) as Settings
}

/**
 * A setting as it is, which nobody else changes until the transaction ends. There may be no row to lock
 * yet, so its name is locked.
 *
 * @returns its value, and the version that made it so; 0 for the default
 */
export async function lockSetting<Name extends SettingName>(
  trx: TransactionClientContract,
  name: Name
): Promise<{ value: SettingValue<Name>; version: number }> {
  await trx.rawQuery(`SELECT pg_advisory_xact_lock(hashtextextended('setting:' || ?, 0))`, [name])
  const row = await trx.from('settings').where('name', name).orderBy('version', 'desc').first()
  return {
    value: row ? parseSetting(name, row.value) : definitions[name].default,
    version: row?.version ?? 0,
  }
}

/**
 * Changes a setting from now on, as a new version. Two people changing it at the same moment make
 * two versions, one after the other.
 *
 * @param changedBy who decided, for people: `staff:<id>`, `operator`
 * @param approvalId of the second person, where the database asks for one
 * @returns the new version number
 * @throws InvalidSetting when the value is not acceptable
 */
export async function changeSetting<Name extends SettingName>(
  trx: TransactionClientContract,
  name: Name,
  value: SettingValue<Name>,
  changedBy: string,
  approvalId: string | null = null
): Promise<number> {
  const accepted = parseSetting(name, value)
  const present = await lockSetting(trx, name)
  const version = present.version + 1
  await trx.table('settings').insert({
    name,
    version,
    value: JSON.stringify(accepted),
    changed_by: changedBy,
    approval_id: approvalId,
  })
  return version
}

export function settingNames(): SettingName[] {
  return Object.keys(definitions) as SettingName[]
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(definitions, name)
}

/** What the setting decides, its default, and what it takes. */
export function describeSetting(
  name: SettingName
): Pick<Definition<unknown>, 'about' | 'default' | 'wants'> {
  return definitions[name]
}

/** @throws InvalidSetting */
export function parseSetting<Name extends SettingName>(
  name: Name,
  value: unknown
): SettingValue<Name> {
  try {
    return definitions[name].parse(value) as SettingValue<Name>
  } catch (error) {
    if (error instanceof InvalidSetting) throw new InvalidSetting(error.message, name)
    throw error
  }
}

function integer(value: number, min: number, max: number, about: string): Definition<number> {
  const wants = `a whole number from ${min} to ${max}`
  return { default: value, about, wants, parse: (input) => readInteger(input, min, max, wants) }
}

function integerList(
  value: number[],
  min: number,
  max: number,
  about: string
): Definition<number[]> {
  const wants = `a list of whole numbers from ${min} to ${max}, such as ${value.join(', ')}`
  return {
    default: value,
    about,
    wants,
    parse(input) {
      if (!Array.isArray(input)) throw new InvalidSetting(`It must be ${wants}.`)
      return input.map((item) => readInteger(item, min, max, wants))
    },
  }
}

/** A short name that fits into an address: letters, digits, dots, dashes. */
function label(value: string, length: number, about: string): Definition<string> {
  const wants = `a name such as ${value}: letters, digits, dots and dashes, at most ${length}`
  return {
    default: value,
    about,
    wants,
    parse(input) {
      const named = typeof input === 'string' && input.length <= length && /^[\w.-]+$/.test(input)
      if (!named) throw new InvalidSetting(`It must be ${wants}.`)
      return input
    },
  }
}

/** One line for people to read. */
function sentence(value: string, length: number, about: string): Definition<string> {
  const wants = `one line of text, at most ${length} characters`
  return {
    default: value,
    about,
    wants,
    parse(input) {
      const isLine =
        typeof input === 'string' &&
        input.length <= length &&
        /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(input)
      if (!isLine) throw new InvalidSetting(`It must be ${wants}.`)
      return input
    },
  }
}

/** A decimal string with two places at most; compared in whatever currency the case has. */
function amount(value: string, about: string): Definition<string> {
  const wants = `an amount such as ${value}`
  return { default: value, about, wants, parse: (input) => readAmount(input, 'USD', wants) }
}

/** Decimal strings by currency. */
function amounts(
  value: Record<string, string>,
  about: string
): Definition<Readonly<Record<string, string>>> {
  const wants = 'amounts by currency, such as 100.00 USD, 9000 JPY'
  return {
    default: value,
    about,
    wants,
    parse(input) {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        throw new InvalidSetting(`It must be ${wants}.`)
      }
      return Object.fromEntries(
        Object.entries(input).map(([currency, text]) => [
          currency,
          readAmount(text, currency, wants),
        ])
      )
    },
  }
}

function readAmount(input: unknown, currency: string, wants: string): string {
  if (typeof input !== 'string') throw new InvalidSetting(`It must be ${wants}.`)
  try {
    return Money.parse(input, currency).toDecimal()
  } catch (error) {
    if (error instanceof InvalidAmount) throw new InvalidSetting(error.message)
    throw error
  }
}

function readInteger(input: unknown, min: number, max: number, wants: string): number {
  if (typeof input !== 'number' || !Number.isInteger(input) || input < min || input > max) {
    throw new InvalidSetting(`It must be ${wants}.`)
  }
  return input
}
