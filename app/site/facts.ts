import db from '@adonisjs/lucid/services/db'
import { platformFee } from '#escrow/fees'
import { KEPT_HOURS } from '#escrow/idempotency'
import { quote, type Quote } from '#escrow/quote'
import { perCent } from '#escrow/setting_words'
import { settings, type Settings } from '#escrow/settings'
import { KEPT_DAYS } from '#jobs/queue'
import { Money, sumOf } from '#ledger/money'
import { PROVIDER_NAMES, type PaymentProvider } from '#models/transaction'
import { providerFor } from '#payments/registry'
import { keptFor } from '#site/kept_for'

/** One part of a milestone that is released in several. */
interface Part {
  amount: Money
  fee: Money
  net: Money
}

/** A way to pay, as it is offered here. */
interface WayToPay {
  name: string
  minimum: Money
  maximum: Money
  /** Days after a payment in which it can go back the way it came. */
  refundableDays: number
  /** Days that money which came this way may be held. */
  holdDays: number
  /** Whether the amount of the example can be paid this way. */
  accepted: boolean
}

/** What the pages say about money and periods: never typed there, always read from where it is decided. */
export interface Facts {
  settings: Settings
  /** `10` for a fee of 10 %. */
  feePercent: string
  /** `10 %`, which no line breaks. */
  feeInWords: string
  /** What the client pays in, and who gets what of it when it is released. */
  example: Pick<Quote, 'amount' | 'platformFee' | 'net'>
  /** The fee of it, in thousandths, to be drawn. */
  feeShare: number
  /** The same, released in parts. */
  parts: Part[]
  /** The same, divided in a dispute. */
  split: { toFreelancer: Money; fee: Money; net: Money; toClient: Money }
  waysToPay: WayToPay[]
  kept: { idempotencyHours: number; doneJobDays: number; deadJobDays: number }
  /** When a setting was last changed; null if none ever was. */
  changedAt: Date | null
}

const EXAMPLE = '1000.00'
const EXAMPLE_PARTS = ['333.33', '333.33', '333.34']
const EXAMPLE_SPLIT = '600.00'
const CURRENCY = 'USD'

const SECONDS = 30

/**
 * What the pages say, at most half a minute old. Without a database it is what was read last, as long as
 * there is anything.
 */
export const facts = keptFor(SECONDS, readFacts)

async function readFacts(): Promise<Facts> {
  const amount = Money.parse(EXAMPLE, CURRENCY)
  const [current, quoted, changedAt] = await Promise.all([
    settings(db),
    quote(amount),
    lastChange(),
  ])
  const bps = quoted.platformFeeBps
  return {
    settings: current,
    feePercent: perCent(bps),
    feeInWords: `${perCent(bps)}\u00A0%`,
    example: quoted,
    feeShare: Number((quoted.platformFee.minor * 1000n) / quoted.amount.minor),
    parts: inParts(bps),
    split: divided(amount, bps),
    waysToPay: quoted.providers.map(({ name, limits, accepted }) =>
      wayToPay(name, limits, accepted)
    ),
    kept: {
      idempotencyHours: KEPT_HOURS,
      doneJobDays: KEPT_DAYS.done,
      deadJobDays: KEPT_DAYS.dead,
    },
    changedAt,
  }
}

function inParts(bps: number): Part[] {
  const before: Part[] = []
  for (const text of EXAMPLE_PARTS) {
    const amount = Money.parse(text, CURRENCY)
    const fee = platformFee(
      {
        amount,
        releasedBefore: sumOf(
          before.map((part) => part.amount),
          CURRENCY
        ),
        feeTaken: sumOf(
          before.map((part) => part.fee),
          CURRENCY
        ),
      },
      bps
    )
    before.push({ amount, fee, net: amount.subtract(fee) })
  }
  return before
}

function divided(held: Money, bps: number): Facts['split'] {
  const toFreelancer = Money.parse(EXAMPLE_SPLIT, CURRENCY)
  const nothing = Money.zero(CURRENCY)
  const fee = platformFee({ amount: toFreelancer, releasedBefore: nothing, feeTaken: nothing }, bps)
  return {
    toFreelancer,
    fee,
    net: toFreelancer.subtract(fee),
    toClient: held.subtract(toFreelancer),
  }
}

function wayToPay(
  name: PaymentProvider,
  { minimum, maximum }: { minimum: Money; maximum: Money },
  accepted: boolean
): WayToPay {
  const { refundableDays, holdDays } = providerFor(name)
  return { name: PROVIDER_NAMES[name], minimum, maximum, refundableDays, holdDays, accepted }
}

async function lastChange(): Promise<Date | null> {
  const { rows } = await db.rawQuery<{ rows: { at: Date | null }[] }>(
    'SELECT max(created_at) AS at FROM settings'
  )
  return rows[0].at
}
