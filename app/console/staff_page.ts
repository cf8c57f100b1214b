import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { notFound } from '#exceptions/problem'

const MEMBERS = `
  SELECT s.id, s.name, s.email, s.role, s.created_at, s.disabled_at, s.last_signed_in_at,
         CASE WHEN s.disabled_at IS NOT NULL THEN 'disabled'
              WHEN s.password IS NOT NULL THEN 'active'
              WHEN EXISTS (SELECT FROM staff_invitations i WHERE i.staff_id = s.id AND i.used_at IS NULL
                             AND i.expires_at > now()) THEN 'invited'
              ELSE 'invitation_expired' END AS state,
         (SELECT count(*)::int FROM staff_passkeys p WHERE p.staff_id = s.id) AS passkeys
    FROM staff s`

/** Everybody who works here or did; those who do first. There are never many. */
export async function readStaff(db: QueryClientContract) {
  const { rows } = await db.rawQuery(
    `${MEMBERS} ORDER BY s.disabled_at IS NOT NULL, s.name, s.id LIMIT 500`
  )
  return rows
}

/** @throws Problem 404 */
export async function readMember(db: QueryClientContract, id: string) {
  const { rows } = isUuid(id) ? await db.rawQuery(`${MEMBERS} WHERE s.id = ?`, [id]) : { rows: [] }
  if (rows.length === 0) throw notFound('member of staff')
  return rows[0]
}
