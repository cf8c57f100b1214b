import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { isKnownCurrency, Money } from '#ledger/money'
import type { Rail } from '#models/transaction'

/** The database, or a transaction on it. */
export type Client = Pick<QueryClientContract, 'rawQuery'>

/**
 * Above what amount of a currency an open break stops payouts, as decimals: the setting
 * `break_block_threshold`. In a currency that is not named every break does.
 */
export type BlockThresholds = Readonly<Record<string, string>>

/**
 * Why payouts of a rail wait for a person: somewhere its books and ours differ by more than we let
 * pass, and nobody has taken that upon themselves yet. Sending more money meanwhile could be sending
 * what is not there.
 *
 * @param thresholds the setting `break_block_threshold`
 * @returns words for whom the money is for; undefined if nothing blocks
 */
export async function blockOf(
  client: Client,
  rail: Rail,
  thresholds: BlockThresholds
): Promise<string | undefined> {
  const blocking = await blockingBreaks(client, rail, thresholds)
  if (blocking === 0) return undefined
  return 'Payouts this way wait until support has looked into a difference with the payment provider.'
}

/** How many open breaks of a rail block its payouts. */
export async function blockingBreaks(
  client: Client,
  rail: Rail,
  thresholds: BlockThresholds
): Promise<number> {
  const { rows } = await client.rawQuery<{ rows: { count: bigint }[] }>(
    `SELECT count(*) AS count FROM reconciliation_breaks b WHERE b.rail = ? AND ${BLOCKS}`,
    [rail, JSON.stringify(inMinorUnits(thresholds))]
  )
  return Number(rows[0].count)
}

/**
 * Whether a break `b` blocks, as an SQL condition. Binds the thresholds in minor units, as JSON (see
 * `inMinorUnits`).
 */
export const BLOCKS = `
  b.resolved_at IS NULL
    AND (b.kind = 'foreign_currency' OR b.amount > coalesce((?::jsonb ->> b.currency)::bigint, 0))
    AND NOT EXISTS (SELECT FROM reconciliation_acknowledgements k WHERE k.break_id = b.id)`

/** What `BLOCKS` compares with; text, because a JSON number is a float to many readers. */
export function inMinorUnits(thresholds: BlockThresholds): Record<string, string> {
  return Object.fromEntries(
    Object.entries(thresholds)
      .filter(([currency]) => isKnownCurrency(currency))
      .map(([currency, amount]) => [currency, Money.parse(amount, currency).minor.toString()])
  )
}
