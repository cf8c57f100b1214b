import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import User from '#models/user'

/**
 * Holds the row of a user for what staff are about to do with the account.
 *
 * @throws Problem 404; 409 `wrong_state` for an account that is erased
 */
export async function lockPerson(trx: TransactionClientContract, userId: string): Promise<User> {
  if (!isUuid(userId)) throw notFound('user')
  const user = await User.query({ client: trx }).where('id', userId).forUpdate().first()
  if (!user) throw notFound('user')
  if (user.erasedAt)
    throw wrongState('This account is erased; there is nobody behind it.', 'erased')
  return user
}
