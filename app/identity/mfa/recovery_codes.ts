import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { hashRecoveryCode, newRecoveryCodes } from '#identity/mfa/recovery_code'

/**
 * Gives a user new recovery codes, each good for one sign-in without the authenticator app. Those they had
 * are good no more.
 *
 * @returns the codes in clear, which are stored nowhere: 24 characters (120 random bits) in groups of four
 */
export async function renewRecoveryCodes(
  trx: TransactionClientContract,
  userId: string
): Promise<string[]> {
  const codes = newRecoveryCodes()
  await trx.from('mfa_recovery_codes').where('user_id', userId).delete()
  await trx
    .table('mfa_recovery_codes')
    .multiInsert(codes.map((code) => ({ user_id: userId, code_hash: hashRecoveryCode(code) })))
  return codes
}

/** Takes a recovery code, once, and tells its owner. @returns whether it was one, and unused */
export async function takeRecoveryCode(
  trx: TransactionClientContract,
  userId: string,
  code: string
): Promise<boolean> {
  const taken = await trx
    .from('mfa_recovery_codes')
    .where({ user_id: userId, code_hash: hashRecoveryCode(code) })
    .whereNull('used_at')
    .returning('id')
    .update({ used_at: trx.raw('now()') })
  if (taken.length === 0) return false
  await enqueue(trx, mailSecurityNotice, { userId, notice: 'recovery_code_used' })
  return true
}

/** How many recovery codes a user has not used yet. */
export async function recoveryCodesLeft(
  client: Pick<QueryClientContract, 'from'>,
  userId: string
): Promise<number> {
  const unused = await client
    .from('mfa_recovery_codes')
    .where('user_id', userId)
    .whereNull('used_at')
    .count('* AS codes')
    .firstOrFail()
  return Number(unused.codes)
}
