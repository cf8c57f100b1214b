import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/**
 * Takes back what was begun with credentials that are no longer those of the account: links to reset the
 * password, half-done sign-ins, changes of the address. Who changes a password because somebody knows it
 * wants all of that gone.
 */
export async function dropPending(trx: TransactionClientContract, userId: string): Promise<void> {
  const now = trx.raw('now()')
  await trx
    .from('single_use_tokens')
    .where({ user_id: userId, purpose: 'reset_password' })
    .whereNull('used_at')
    .update({ used_at: now })
  await trx
    .from('mfa_challenges')
    .where('user_id', userId)
    .whereNull('used_at')
    .update({ used_at: now })
  await cancelEmailChange(trx, userId)
}

/** Takes back the change of the e-mail address that is under way, if there is one. */
export async function cancelEmailChange(
  trx: TransactionClientContract,
  userId: string
): Promise<void> {
  await trx
    .from('email_changes')
    .where('user_id', userId)
    .whereNull('changed_at')
    .whereNull('cancelled_at')
    .update({ cancelled_at: trx.raw('now()') })
}
