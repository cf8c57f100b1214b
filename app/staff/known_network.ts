import type { QueryClientContract } from '@adonisjs/lucid/types/database'

/**
 * Whether a member of staff has signed in from a network before, as far back as sessions are kept.
 *
 * @param email lower case, trimmed; anything that a browser may send
 * @param network in the notation of `inet`
 */
export async function staffHasSignedInFrom(
  client: Pick<QueryClientContract, 'rawQuery'>,
  email: string,
  network: string
): Promise<boolean> {
  const { rows } = await client.rawQuery(
    `SELECT 1 FROM staff s JOIN staff_sessions se ON se.staff_id = s.id
      WHERE s.email = ? AND se.ip_address::inet <<= ?::inet LIMIT 1`,
    [email, network]
  )
  return rows.length > 0
}
