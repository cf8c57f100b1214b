import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { unprocessable } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import User from '#models/user'
import { hashToken } from '#identity/opaque_tokens'
import { dropPending } from '#identity/pending'
import { emailTaken } from '#identity/register'
import { revokeSessionsOf } from '#identity/sessions'

/** `confirmed`: this side has, and the other is awaited. `changed`: it was the second one. */
export interface EmailChangeState {
  status: 'confirmed' | 'changed'
}

/**
 * Confirms a change of address from one of its two mailboxes, by the token of the mailed link, whoever
 * opens it and wherever. With the second one the address changes, and is verified.
 *
 * All sessions end but the one that asked for the change and gave the password for it: whoever else is
 * signed in may be who the owner moves away from. Links mailed to the old address die with it, above all
 * those that reset the password.
 *
 * @throws Problem 422 for a token that is not good (any more); 409 `email_taken` when somebody has an
 *   account with the new address: told only to who confirms from that mailbox, or after that was done
 */
export async function confirmEmailChange(token: string): Promise<EmailChangeState> {
  try {
    return await inTransaction((trx) => confirm(trx, hashToken(token)))
  } catch (error) {
    if (isEmailTaken(error)) throw emailTaken()
    throw error
  }
}

async function confirm(
  trx: TransactionClientContract,
  tokenHash: string
): Promise<EmailChangeState> {
  const ofToken = () =>
    trx
      .from('email_changes')
      .where((either) =>
        either.where('old_token_hash', tokenHash).orWhere('new_token_hash', tokenHash)
      )
  const found = await ofToken().select('user_id').first()
  if (!found) throw notGood()

  // The user first, as everywhere; the change is read when nobody else can be about to confirm it.
  const user = await User.query({ client: trx })
    .where('id', found.user_id)
    .forUpdate()
    .firstOrFail()
  const change = await ofToken()
    .whereNull('changed_at')
    .whereNull('cancelled_at')
    .whereRaw('expires_at > now()')
    .first()
  if (!change) throw notGood()
  const side = change.old_token_hash === tokenHash ? 'old' : 'new'
  const other = side === 'old' ? 'new' : 'old'
  if (change[`${side}_confirmed_at`] !== null) throw notGood()

  await trx
    .from('email_changes')
    .where('id', change.id)
    .update({ [`${side}_confirmed_at`]: trx.raw('now()') })
  // An address that was never verified has nothing to lose: who mistyped it can still leave it.
  const isEnough = side === 'new' && !user.isVerified
  if (change[`${other}_confirmed_at`] === null && !isEnough) return { status: 'confirmed' }
  await takeEffect(trx, user, change)
  return { status: 'changed' }
}

async function takeEffect(
  trx: TransactionClientContract,
  user: User,
  change: { id: string; session_id: string | null; old_email: string; new_email: string }
): Promise<void> {
  const isOldTheirs = user.isVerified
  await user.merge({ email: change.new_email, isVerified: true }).save()
  await trx
    .from('email_changes')
    .where('id', change.id)
    .update({ changed_at: trx.raw('now()') })
  await revokeSessionsOf(trx, user.id, 'email_changed', { except: change.session_id })
  await dropPending(trx, user.id)
  await trx
    .from('single_use_tokens')
    .where({ user_id: user.id, purpose: 'verify_email' })
    .whereNull('used_at')
    .update({ used_at: trx.raw('now()') })
  if (!isOldTheirs) return
  await enqueue(trx, mailSecurityNotice, {
    userId: user.id,
    notice: 'email_changed',
    to: change.old_email,
  })
}

/** The index decides, so that it is right also if somebody registers the address at this moment. */
function isEmailTaken(error: unknown): boolean {
  return (
    error instanceof Error && 'constraint' in error && error.constraint === 'users_email_unique'
  )
}

function notGood() {
  return unprocessable(
    'token',
    'valid_token',
    'This link was used already, has expired or never existed. Ask for the change again.'
  )
}
