import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'

export type StaffSessionEnd =
  'signed_out' | 'revoked' | 'idle' | 'disabled' | 'role_changed' | 'credentials_changed'

/** Ends one session. @returns whether it was open */
export async function endStaffSession(
  client: Pick<QueryClientContract, 'from' | 'raw'>,
  sessionId: string,
  reason: StaffSessionEnd
): Promise<boolean> {
  const [ended] = await client
    .from('staff_sessions')
    .where('id', sessionId)
    .whereNull('ended_at')
    .returning('id')
    .update({ ended_at: client.raw('now()'), ended_reason: reason })
  return ended !== undefined
}

/** Ends every session of somebody, or all but one. They are out with the commit. */
export async function endSessionsOfStaff(
  trx: TransactionClientContract,
  staffId: string,
  reason: StaffSessionEnd,
  { except }: { except?: string } = {}
): Promise<void> {
  const open = trx.from('staff_sessions').where('staff_id', staffId).whereNull('ended_at')
  if (except) open.whereNot('id', except)
  await open.update({ ended_at: trx.raw('now()'), ended_reason: reason })
}
