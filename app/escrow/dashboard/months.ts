import type { Client } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'
import { chargedBackTo, movementsOf, type Movement } from '#ledger/positions'

/** How many calendar months a dashboard shows, this one included. */
export const MONTHS = 12

/** Sums by name, in one currency: `{ spent: …, refunded: … }`. */
export type Figures<Name extends string> = Record<Name, Money>

export type Months<Name extends string> = (Figures<Name> & { month: string })[]

/** All time, and the last twelve calendar months in UTC, the oldest first; months without money included. */
export interface History<Name extends string> {
  total: Figures<Name>
  months: Months<Name>
}

/** One figure's share of what moved: which figure, and whether it grows when the position does. */
type Rules<Name extends string> = Record<string, [Name, 1n | -1n]>

const CLIENT_RULES: Rules<ClientFigure> = {
  deposit_captured: ['deposited', 1n],
  unapplied_received: ['deposited', 1n],
  release: ['spent', -1n],
  // Of a resolution: what went to the freelancer. What goes back stays theirs until it has gone.
  resolution: ['spent', -1n],
  refund_succeeded: ['refunded', -1n],
  refund_paid_by_hand: ['refunded', -1n],
  refund_failed: ['refunded', -1n],
  suspense_booked: ['refunded', -1n],
  chargeback_lost: ['charged_back', -1n],
  chargeback_loss_reversed: ['charged_back', -1n],
}

const FREELANCER_RULES: Rules<FreelancerFigure> = {
  release: ['earned', 1n],
  resolution: ['earned', 1n],
  chargeback_lost: ['earned', 1n],
  chargeback_loss_reversed: ['earned', 1n],
  debt_written_off: ['earned', 1n],
  payout_confirmed: ['paid_out', -1n],
  payout_returned: ['paid_out', -1n],
  debt_recovered: ['paid_out', -1n],
}

export type ClientFigure = 'deposited' | 'spent' | 'refunded' | 'charged_back'
export type FreelancerFigure = 'earned' | 'paid_out'

const CLIENT_FIGURES: ClientFigure[] = ['deposited', 'spent', 'refunded', 'charged_back']
const FREELANCER_FIGURES: FreelancerFigure[] = ['earned', 'paid_out']

/**
 * A client's money by month, from the ledger. For all time, and in each currency,
 *
 *     deposited = spent + refunded + charged_back + what we have of theirs now
 *
 * - deposited: captured
 * - spent: released to freelancers, our fee included; less what a lost chargeback took back of it
 * - refunded: gone back to them by us, once it has gone; less what came back as failed
 * - charged_back: given back to them by their bank; less what a chargeback that was won after all undid
 *
 * @param until in the last of the months
 * @param currencies that are shown although nothing may have moved in them
 */
export async function clientHistory(
  client: Client,
  userId: string,
  until: Date,
  currencies: Currency[]
): Promise<Map<Currency, History<ClientFigure>>> {
  const movements = await movementsOf(client, 'client', userId)
  const claims = await chargedBackTo(client, userId)
  const history = new Histories(CLIENT_FIGURES, until, currencies)
  for (const movement of movements) history.add(CLIENT_RULES, movement)
  // What their bank gave back, less what was taken from what we hold, had been spent.
  const held = movements.filter(({ kind }) => CLIENT_RULES[kind]?.[0] === 'charged_back')
  for (const { amount, ...at } of claims) history.reclaim({ ...at, amount })
  for (const { amount, ...at } of held) history.reclaim({ ...at, amount })
  return history.byCurrency
}

/**
 * A freelancer's money by month, from the ledger. For all time, and in each currency,
 *
 *     earned = paid_out + payable + in transit − owed
 *
 * - earned: released to them after our fee; less what a lost chargeback took back, unless we forgave it
 * - paid_out: arrived at their payout account; less what came back, and what they paid of a debt
 */
export async function freelancerHistory(
  client: Client,
  userId: string,
  until: Date,
  currencies: Currency[]
): Promise<Map<Currency, History<FreelancerFigure>>> {
  const history = new Histories(FREELANCER_FIGURES, until, currencies)
  for (const movement of await movementsOf(client, 'freelancer', userId)) {
    history.add(FREELANCER_RULES, movement)
  }
  return history.byCurrency
}

class Histories<Name extends string> {
  readonly byCurrency = new Map<Currency, History<Name>>()
  readonly #months: string[]

  constructor(
    private names: Name[],
    until: Date,
    currencies: Currency[]
  ) {
    this.#months = lastMonths(until)
    for (const currency of currencies) this.of(currency)
  }

  add(rules: Rules<Name>, { kind, amount, ...at }: Movement): void {
    const history = this.of(at.currency)
    const rule = rules[kind]
    if (rule) this.#count(history, at.month, rule[0], rule[1] * amount, at.currency)
  }

  /** Moves a sum from what was spent to what was charged back. */
  reclaim({ month, currency, amount }: Omit<Movement, 'kind'>): void {
    const history = this.of(currency)
    this.#count(history, month, 'spent' as Name, -amount, currency)
    this.#count(history, month, 'charged_back' as Name, amount, currency)
  }

  of(currency: Currency): History<Name> {
    let history = this.byCurrency.get(currency)
    if (!history) {
      history = {
        total: this.#zeros(currency),
        months: this.#months.map((month) => ({ ...this.#zeros(currency), month })),
      }
      this.byCurrency.set(currency, history)
    }
    return history
  }

  #count(history: History<Name>, month: string, name: Name, minor: bigint, currency: Currency) {
    const amount = Money.of(minor, currency)
    const sums: Figures<Name>[] = [history.total]
    const shown = history.months.find((each) => each.month === month)
    if (shown) sums.push(shown)
    for (const sum of sums) sum[name] = sum[name].add(amount) as (typeof sum)[Name]
  }

  #zeros(currency: Currency): Figures<Name> {
    const zero = Money.zero(currency)
    return Object.fromEntries(this.names.map((name) => [name, zero])) as Figures<Name>
  }
}

/** `2026-03` of each of the last twelve calendar months in UTC, the oldest first. */
export function lastMonths(until: Date): string[] {
  return Array.from({ length: MONTHS }, (_, index) => {
    const back = MONTHS - 1 - index
    return new Date(Date.UTC(until.getUTCFullYear(), until.getUTCMonth() - back, 1))
      .toISOString()
      .slice(0, 7)
  })
}
