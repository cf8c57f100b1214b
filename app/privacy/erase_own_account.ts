import { confirmOwner } from '#identity/confirm_password'
import { confirmSecondFactor } from '#identity/mfa/confirm_second_factor'
import type { BothFactors } from '#identity/mfa/change'
import type User from '#models/user'
import { eraseUser, outlookOf, refused } from '#privacy/erase_user'

/**
 * Deletes the account of who is signed in, if they can prove once more that they are it: who finds an
 * unlocked screen, or steals an access token, must not be able to.
 *
 * @throws Problem as `confirmOwner` and `confirmSecondFactor`; 409 `erasure_refused` with `reasons`
 */
export async function eraseOwnAccount(
  user: User,
  sessionId: string,
  given: BothFactors
): Promise<void> {
  await confirmOwner(user, sessionId, given.password)
  // Before the code, which is used up when it is looked at.
  const reasons = await outlookOf(user.id)
  if (reasons.length > 0) throw refused(reasons)
  await confirmSecondFactor(user, given)
  await eraseUser(user.id, { by: 'user' })
}
