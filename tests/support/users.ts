import db from '@adonisjs/lucid/services/db'
import User, { type UserType } from '#models/user'
import { issueAccessToken } from '#identity/access_tokens'
import { hashPassword } from '#identity/passwords'
import { startSession } from '#identity/sessions'

/** Of every user made here. */
export const PASSWORD = 'correct horse battery staple'

let hashed: Promise<string> | undefined
let count = 0
let tokens = new Map<string, Promise<string>>()

/**
 * A person with an account and a profile. `api(user)` signs them in.
 *
 * @param options.verified whether the e-mail address is, default true
 */
export async function aUser(
  options: { type?: UserType; verified?: boolean; email?: string; firstName?: string } = {}
): Promise<User> {
  const { type = 'client', verified = true } = options
  hashed ??= hashPassword(PASSWORD, 'tests')
  const password = await hashed
  const number = ++count
  return db.transaction(async (trx) => {
    const [{ id }] = await trx
      .insertQuery()
      .table('users')
      .insert({
        email: options.email ?? `${type}${number}@example.com`,
        password,
        user_type: type,
        first_name: options.firstName ?? (type === 'client' ? 'Clara' : 'Frank'),
        last_name: `Number${number}`,
        is_verified: verified,
      })
      .returning('id')
    await trx.table('profiles').insert({ user_id: id })
    return User.findOrFail(id, { client: trx })
  })
}

export const aClient = (options: { verified?: boolean } = {}) =>
  aUser({ ...options, type: 'client' })
export const aFreelancer = (options: { verified?: boolean } = {}) =>
  aUser({ ...options, type: 'freelancer' })

/** An access token as a sign-in gives it, from a session that stands in the database. */
export function tokenOf(user: User): Promise<string> {
  let token = tokens.get(user.id)
  if (!token) tokens.set(user.id, (token = signIn(user)))
  return token
}

/** After the sessions behind them are gone. */
export function forgetTokens(): void {
  tokens = new Map()
}

async function signIn(user: User): Promise<string> {
  const { session } = await db.transaction((trx) => startSession(trx, user, {}))
  return issueAccessToken({ userId: user.id, sessionId: session.id })
}
