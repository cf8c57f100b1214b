import mail from '@adonisjs/mail/services/main'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { defineJob } from '#jobs/queue'
import ResetPasswordMail from '#mails/reset_password_mail'
import VerifyEmailMail from '#mails/verify_email_mail'
import User from '#models/user'
import { hashToken } from '#identity/opaque_tokens'
import { issueSingleUseToken, type TokenPurpose } from '#identity/single_use_tokens'

const MAILS = { verify_email: VerifyEmailMail, reset_password: ResetPasswordMail }

/**
 * Mails a single-use link. The token is made here and not by who sends the job, so that it is never
 * written anywhere in clear but into the mail.
 */
export default defineJob<{ userId: string | null; purpose: TokenPurpose }>({
  name: 'mail_link',
  async handle({ userId, purpose }, { logger }) {
    // Nobody: somebody asked to reset the password of an address without an account.
    const user = userId && (await User.find(userId))
    if (!user || user.erasedAt || (purpose === 'verify_email' && user.isVerified)) return
    // No way in: who is let back asks anew.
    if (user.suspendedAt && purpose === 'reset_password') return

    const token = await inTransaction((trx) => issueSingleUseToken(trx, user.id, purpose))
    if (!token) return logger.warn({ user: user.id, purpose }, 'too many links within an hour')
    try {
      await mail.send(new MAILS[purpose](user, token))
    } catch (error) {
      // A link that was not delivered does not count; the next try makes another.
      await db.from('single_use_tokens').where('token_hash', hashToken(token)).delete()
      throw error
    }
  },
})
