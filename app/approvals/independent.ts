import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { forbidden } from '#exceptions/problem'

/**
 * Who stands behind the access of two people: an admin who invites somebody, or resets them, holds a link by
 * which they could sign in themselves, and be their own second person. The days, seven, are the database's.
 *
 * @returns the name of whoever has given access to one or both of them of late; undefined if nobody has
 */
export async function behindBoth(
  client: QueryClientContract,
  one: string,
  other: string
): Promise<string | undefined> {
  const { rows } = await client.rawQuery<{ rows: { name: string }[] }>(
    `SELECT s.name FROM behind_access_of(?) a JOIN behind_access_of(?) b ON b.id = a.id
       JOIN staff s ON s.id = a.id ORDER BY s.id LIMIT 1`,
    [one, other]
  )
  return rows[0]?.name
}

/** What is said to whoever cannot be the second person of a proposal. */
export const notIndependent = (name: string) =>
  `Within the last seven days ${name} invited or reset one of you, the one who proposed it or you. Somebody else has to approve it.`

/** @throws Problem 403 `not_independent` */
export async function assertIndependent(
  client: QueryClientContract,
  proposer: string,
  approver: string
): Promise<void> {
  const name = await behindBoth(client, proposer, approver)
  if (name !== undefined) throw forbidden(notIndependent(name), 'not_independent')
}
