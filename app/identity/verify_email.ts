import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import User from '#models/user'
import { spendSingleUseToken } from '#identity/single_use_tokens'

/**
 * Marks the address as the user's own.
 *
 * @param token from the mailed link
 * @throws Problem 422 for a token that is not good (any more)
 */
export async function verifyEmail(token: string): Promise<User> {
  return inTransaction(async (trx) => {
    const userId = await spendSingleUseToken(trx, token, 'verify_email')
    const user = await User.findOrFail(userId, { client: trx })
    return user.merge({ isVerified: true }).save()
  })
}

/**
 * Mails the link once more. More than a few in an hour are not sent.
 *
 * @throws Problem 409 `already_verified`
 */
export async function resendVerification(user: User): Promise<void> {
  if (user.isVerified) {
    throw new Problem('This e-mail address is verified already.', {
      code: 'already_verified',
      status: 409,
    })
  }
  await enqueue(db, mailLink, { userId: user.id, purpose: 'verify_email' })
}
