import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { hashRecoveryCode, newRecoveryCodes } from '#identity/mfa/recovery_code'

/**
 * Gives somebody new recovery codes, each good for one sign-in. Those they had are good no more.
 *
 * @returns the codes in clear, which are stored nowhere
 */
export async function renewStaffRecoveryCodes(
  trx: TransactionClientContract,
  staffId: string
): Promise<string[]> {
  const codes = newRecoveryCodes()
  await trx.from('staff_recovery_codes').where('staff_id', staffId).delete()
  await trx
    .table('staff_recovery_codes')
    .multiInsert(codes.map((code) => ({ staff_id: staffId, code_hash: hashRecoveryCode(code) })))
  return codes
}

/** Takes everything away that somebody signs in with. */
export async function dropCredentials(
  trx: TransactionClientContract,
  staffId: string
): Promise<void> {
  await trx.from('staff').where('id', staffId).update({ password: null })
  for (const table of ['staff_authenticators', 'staff_passkeys', 'staff_recovery_codes']) {
    await trx.from(table).where('staff_id', staffId).delete()
  }
}
