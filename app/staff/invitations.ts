import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Act } from '#audit/record_audit'
import { appUrl } from '#config/app'
import { Problem } from '#exceptions/problem'
import { hashToken, newToken } from '#identity/opaque_tokens'
import Staff from '#models/staff'

/** How long an invitation can be used. */
export const INVITATION_LIFETIME = '24 hours'

/**
 * Makes a link by which somebody sets password and second factor. Those they had before do not work any more.
 * Who makes it is kept: for some days the two are no two people (`approvals/independent.ts`).
 *
 * @returns the link, which is stored nowhere. Its token is in the fragment, which browsers send to no server
 */
export async function issueInvitation(
  trx: TransactionClientContract,
  staffId: string,
  { actor }: Act
): Promise<string> {
  const token = newToken()
  await dropInvitations(trx, staffId)
  await trx.table('staff_invitations').insert({
    staff_id: staffId,
    token_hash: hashToken(token),
    issued_by: actor.type === 'staff' ? actor.id : null,
    expires_at: trx.raw(`now() + interval '${INVITATION_LIFETIME}'`),
  })
  const link = new URL('/console/invitation', appUrl)
  link.hash = new URLSearchParams({ token }).toString()
  return link.href
}

/** No link to set password and second factor works any more. */
export async function dropInvitations(
  trx: TransactionClientContract,
  staffId: string
): Promise<void> {
  await trx
    .from('staff_invitations')
    .where('staff_id', staffId)
    .whereNull('used_at')
    .update({ used_at: trx.raw('now()') })
}

/** @throws Problem 422 `invalid_invitation` for an unknown, used or expired token */
export async function invitedStaff(
  client: QueryClientContract | undefined,
  tokenHash: string
): Promise<Staff> {
  const staff = await Staff.query({ client })
    .whereNull('disabledAt')
    .whereIn('id', (open) =>
      open
        .from('staff_invitations')
        .where('token_hash', tokenHash)
        .whereNull('used_at')
        .whereRaw('expires_at > now()')
        .select('staff_id')
    )
    .first()
  if (staff) return staff
  throw new Problem(
    'This invitation was used already, has expired or never existed. Ask an admin for a new one.',
    { code: 'invalid_invitation', status: 422 }
  )
}
