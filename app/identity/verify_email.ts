import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import User from '#models/user'
import { hashToken } from '#identity/opaque_tokens'
import { spendSingleUseToken } from '#identity/single_use_tokens'

/**
 * Marks the address as the user's own.
 *
 * @param token from the mailed link
 * @throws Problem 409 `already_verified` for one that did its work before; 422 for a token that is not
 *   good (any more)
 */
export async function verifyEmail(token: string): Promise<User> {
  try {
    return await inTransaction(async (trx) => {
      const userId = await spendSingleUseToken(trx, token, 'verify_email')
      const user = await User.findOrFail(userId, { client: trx })
      return user.merge({ isVerified: true }).save()
    })
  } catch (problem) {
    // Mail programs follow links before people do, and people click twice.
    if (problem instanceof Problem && (await hasVerified(token))) throw alreadyVerified()
    throw problem
  }
}

/** Whether it is a used link of an address that is verified. Who holds it may know; nobody else is told. */
async function hasVerified(token: string): Promise<boolean> {
  const used = await db
    .from('single_use_tokens AS t')
    .join('users AS u', 'u.id', 't.user_id')
    .where({ 't.token_hash': hashToken(token), 't.purpose': 'verify_email' })
    .whereNotNull('t.used_at')
    .where('u.is_verified', true)
    .whereNull('u.erased_at')
    .select('t.id')
    .first()
  return used !== null
}

function alreadyVerified(): Problem {
  return new Problem('This e-mail address is verified already. Sign in and go on.', {
    code: 'already_verified',
    status: 409,
  })
}

/**
 * Mails the link once more. More than a few in an hour are not sent.
 *
 * @throws Problem 409 `already_verified`
 */
export async function resendVerification(user: User): Promise<void> {
  if (user.isVerified) throw alreadyVerified()
  await enqueue(db, mailLink, { userId: user.id, purpose: 'verify_email' })
}
