import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { Money } from '#ledger/money'
import type { Rail } from '#models/transaction'
import { offeredRails } from '#payments/registry'
import { happen } from './stand_ins.js'

/** What every rail begins with, minor units: the stand-ins' own float is dated later than the story. */
const BEGINS_WITH = 5_000_000n

/** What finance moves between bank and rails, so many days before the end. */
export const TREASURY: { on: number; happens: () => Promise<void> }[] = [
  { on: 60, happens: () => move('stripe', 'withdrawal', 250_000n) },
  { on: 45, happens: () => move('paypal', 'withdrawal', 120_000n) },
  { on: 20, happens: () => move('paypal', 'top_up', 800_000n) },
  { on: 12, happens: () => move('stripe', 'withdrawal', 300_000n) },
]

export async function fundRails(): Promise<void> {
  for (const rail of offeredRails()) await move(rail, 'top_up', BEGINS_WITH)
}

/** Moves it at the provider, and writes it down under the provider's name for it. */
async function move(rail: Rail, kind: 'top_up' | 'withdrawal', amount: bigint): Promise<void> {
  const what = kind === 'top_up' ? 'top_up' : 'withdraw'
  const made = await happen(rail, what, { amount: Number(amount) })
  const reference = made.transaction ?? made.topup ?? made.payout
  await inTransaction((trx) =>
    recordTreasury(
      trx,
      { kind, rail, amount: Money.of(amount, 'USD'), reference },
      { actor: { type: 'system' } }
    )
  )
}
