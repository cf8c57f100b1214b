import { validate as isUuid } from 'uuid'
import { notFound } from '#exceptions/problem'
import User from '#models/user'

/** Somebody by id or e-mail address who is not erased. @throws Problem 404 */
export async function findPerson(idOrEmail: string): Promise<User> {
  const user = await User.query()
    .where(isUuid(idOrEmail) ? { id: idOrEmail } : { email: idOrEmail.trim().toLowerCase() })
    .whereNull('erased_at')
    .first()
  if (!user) throw notFound('user')
  return user
}
