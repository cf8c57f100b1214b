import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Money } from '#ledger/money'

/**
 * Whether staff's decision about so much held money takes a second person: above `four_eyes_threshold`. That
 * is so many of the held currency, dollars or yen, and is not converted. The database says it, since it also
 * enforces it.
 */
export async function needsSecondPerson(
  client: QueryClientContract | TransactionClientContract,
  held: Money
): Promise<boolean> {
  const { rows } = await client.rawQuery('SELECT needs_second_person(?, ?) AS needed', [
    held.minor.toString(),
    held.currency,
  ])
  return rows[0].needed
}
