import { Problem } from '#exceptions/problem'
import { passwordFits } from '#identity/passwords'
import type User from '#models/user'
import { eraseUser } from '#privacy/erase_user'

/**
 * Deletes the account of who is signed in, if they can say its password once more: who finds an unlocked
 * screen, or steals an access token, must not be able to.
 *
 * @throws Problem 403 `wrong_password`; 409 `erasure_refused` with `reasons`; 503 `busy`
 */
export async function eraseOwnAccount(
  user: User,
  { password }: { password: string }
): Promise<void> {
  if (!(await passwordFits(user.password ?? undefined, password))) {
    throw new Problem('The password is wrong. Nothing was deleted.', {
      code: 'wrong_password',
      status: 403,
    })
  }
  await eraseUser(user.id, { by: 'user' })
}
