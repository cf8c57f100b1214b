import { confirmAnew } from '#identity/confirm_anew'
import type { BothFactors } from '#identity/mfa/change'
import type User from '#models/user'
import { eraseUser, outlookOf, refused } from '#privacy/erase_user'

/**
 * Deletes the account of who is signed in, if they can prove once more that they are it: who finds an
 * unlocked screen, or steals an access token, must not be able to.
 *
 * @throws Problem as `confirmAnew`; 409 `erasure_refused` with `reasons`
 */
export async function eraseOwnAccount(
  user: User,
  sessionId: string,
  given: BothFactors
): Promise<void> {
  // First, because a code is used up when it is looked at. It tells the user of nothing but their own.
  const reasons = await outlookOf(user.id)
  if (reasons.length > 0) throw refused(reasons)
  await confirmAnew(user, sessionId, given)
  await eraseUser(user.id, { by: 'user' })
}
