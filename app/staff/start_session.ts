import { isIP } from 'node:net'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type Staff from '#models/staff'
import StaffSession from '#models/staff_session'
import { hashToken, newToken } from '#identity/opaque_tokens'
import type { SignInOrigin } from '#identity/sessions'
import { noteSecurity } from '#telemetry/security_events'

/** However busy somebody is, they sign in anew after this time. */
export const STAFF_SESSION_LIFETIME = '12 hours'

/**
 * Begins a session for who has just given both factors. `ctx.staff.enter` puts the token into the browser.
 *
 * @returns the session, and its token in clear
 */
export async function startStaffSession(
  trx: TransactionClientContract,
  staff: Staff,
  origin: SignInOrigin
): Promise<{ session: StaffSession; token: string }> {
  const token = newToken()
  const [{ id }] = await trx
    .insertQuery()
    .table('staff_sessions')
    .insert({
      staff_id: staff.id,
      token_hash: hashToken(token),
      // Behind a proxy the address is whatever a header claims.
      ip_address: origin.ip && isIP(origin.ip) ? origin.ip : null,
      user_agent: origin.userAgent?.slice(0, 255),
      expires_at: trx.raw(`now() + interval '${STAFF_SESSION_LIFETIME}'`),
    })
    .returning('id')
  noteSecurity('signed_in', { staff: staff.id, session: id })
  return { session: await StaffSession.findOrFail(id, { client: trx }), token }
}
