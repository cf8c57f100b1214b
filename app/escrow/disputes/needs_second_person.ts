import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Money } from '#ledger/money'

/**
 * Whether staff's decision about so much held money takes a second person: above `four_eyes_threshold`. That
 * is in USD; of another currency it is as many minor units, whatever they are worth. The database says it,
 * since it also enforces it.
 */
export async function needsSecondPerson(
  client: QueryClientContract | TransactionClientContract,
  held: Money
): Promise<boolean> {
  const { rows } = await client.rawQuery('SELECT needs_second_person(?) AS needed', [
    held.minor.toString(),
  ])
  return rows[0].needed
}
