import { Money } from '#ledger/money'
import { describeSetting, type SettingName } from '#escrow/settings'

/** Settings that keep money from going where it should not, and on which side they keep it less. */
const WEAKER = {
  four_eyes_threshold: 'higher',
  break_block_threshold: 'higher',
  payout_hold_days: 'lower',
  key_absence_lookups: 'lower',
  unknown_lookup_interval_seconds: 'lower',
  reconcile_grace_minutes: 'higher',
  in_transit_days: 'higher',
  console_step_up_minutes: 'higher',
  console_idle_minutes: 'higher',
} as const satisfies Partial<Record<SettingName, 'higher' | 'lower'>>

/** The direction in which a setting protects money less, if it protects it at all. */
export function weakerWhen(name: SettingName): 'higher' | 'lower' | undefined {
  return Object.hasOwn(WEAKER, name) ? WEAKER[name as keyof typeof WEAKER] : undefined
}

/**
 * Whether a change lets money be protected less, so that it takes two people. What makes a setting
 * stricter takes one: it may have to be quick.
 */
export function weakens(name: SettingName, from: unknown, to: unknown): boolean {
  const direction = weakerWhen(name)
  if (!direction) return false
  const [before, after] = [numbersOf(name, from), numbersOf(name, to)]
  return [...new Set([...before.keys(), ...after.keys()])].some((each) => {
    const [was, is] = [before.get(each) ?? 0n, after.get(each) ?? 0n]
    return direction === 'higher' ? is > was : is < was
  })
}

/** Of amounts by currency each; one that is not named is none. */
function numbersOf(name: SettingName, value: unknown): Map<string, bigint> {
  const { default: like } = describeSetting(name)
  if (typeof like === 'number') return new Map([['', BigInt(value as number)]])
  if (typeof like === 'string') return new Map([['', Money.parse(value as string, 'USD').minor]])
  return new Map(
    Object.entries(value as Record<string, string>).map(([currency, amount]) => [
      currency,
      Money.parse(amount, currency).minor,
    ])
  )
}
