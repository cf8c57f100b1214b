import mail from '@adonisjs/mail/services/main'
import db from '@adonisjs/lucid/services/db'
import { defineJob } from '#jobs/queue'
import EmailChangeMail from '#mails/email_change_mail'
import User from '#models/user'
import { hashToken, newToken } from '#identity/opaque_tokens'

/** How many of these a mailbox gets within an hour, from however many accounts they are asked for. */
const MAX_TO_NEW_ADDRESS = 5

/**
 * Mails one of the two links of a change of address. As with every mailed link, the token is made here and
 * nothing but its hash is written anywhere; a second try makes another one.
 */
export const mailEmailChange = defineJob<{ changeId: string; side: 'old' | 'new' }>({
  name: 'mail_email_change',
  async handle({ changeId, side }, { logger }) {
    const change = await db
      .from('email_changes')
      .where('id', changeId)
      .whereNull('cancelled_at')
      .whereNull(`${side}_confirmed_at`)
      .first()
    if (!change) return
    if (side === 'new' && (await isFlooded(change.new_email))) {
      return logger.warn({ change: changeId }, 'too many changes to one address within an hour')
    }
    const user = await User.findOrFail(change.user_id)
    const token = newToken()
    await db
      .from('email_changes')
      .where('id', changeId)
      .update({ [`${side}_token_hash`]: hashToken(token) })
    await mail.send(
      new EmailChangeMail(user, { side, token, from: change.old_email, to: change.new_email })
    )
  },
})

async function isFlooded(email: string): Promise<boolean> {
  const recent = await db
    .from('email_changes')
    .where('new_email', email)
    .whereNotNull('new_token_hash')
    .whereRaw("created_at > now() - interval '1 hour'")
    .count('* AS changes')
    .firstOrFail()
  return Number(recent.changes) >= MAX_TO_NEW_ADDRESS
}
