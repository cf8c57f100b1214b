import { forbidden } from '#exceptions/problem'
import type User from '#models/user'

/**
 * Who has not verified the e-mail address may look and draft, but moves no money.
 *
 * @throws Problem 403 `email_not_verified`
 */
export function assertVerified(user: User): void {
  if (!user.isVerified) {
    throw forbidden(
      'Verify your e-mail address first: open the link that we mailed, or ask for a new one at POST /api/auth/verify-email/resend.',
      'email_not_verified'
    )
  }
}
