import db from '@adonisjs/lucid/services/db'

/**
 * Whether the owner of an e-mail address has signed in from a network before, as far back as sessions
 * are kept.
 *
 * @param email lower case, trimmed; anything that a client may send
 * @param network in the notation of `inet`
 */
export async function hasSignedInFrom(email: string, network: string): Promise<boolean> {
  // Nothing else could be the address of an account, and not all of it could be asked for.
  if (!/^[\x21-\x7e]{1,254}$/.test(email)) return false
  const { rows } = await db.rawQuery(
    `SELECT 1 FROM users u JOIN sessions s ON s.user_id = u.id
      WHERE u.email = ? AND s.ip <<= ?::inet LIMIT 1`,
    [email, network]
  )
  return rows.length > 0
}
