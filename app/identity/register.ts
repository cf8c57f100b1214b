import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import User, { type UserType } from '#models/user'
import { networkOf } from '#identity/origin'
import { assertNotGuessable } from '#identity/guessable'
import { hashPassword } from '#identity/passwords'
import type { SignInOrigin } from '#identity/sessions'
import { recordTermsAcceptance } from '#identity/terms'

export interface Registration {
  /** Lower case, trimmed. */
  email: string
  password: string
  user_type: UserType
  first_name?: string
  last_name?: string
  /** The terms that were shown. Omitted, those in force. */
  terms_version?: string
}

/**
 * Opens an account with an empty profile and sends the link that verifies its address.
 *
 * An address that is taken is a 409, in the open: who registers may sign in at once, so an answer that
 * hid it would be undone by one more request, and would leave honest people waiting for a mail. Signing
 * in and resetting never tell.
 *
 * @throws Problem 409 `email_taken`, 422 for a password that is guessed easily and for terms that are not in
 *   force, 503 `busy`
 */
export async function register(input: Registration, origin: SignInOrigin): Promise<User> {
  assertNotGuessable(input.password, input.email)
  if (await User.findBy('email', input.email)) throw emailTaken()
  const password = await hashPassword(input.password, networkOf(origin))

  return inTransaction(async (trx) => {
    const [row] = await trx
      .knexQuery()
      .from('users')
      .insert({
        email: input.email,
        password,
        user_type: input.user_type,
        first_name: input.first_name ?? '',
        last_name: input.last_name ?? '',
      })
      .onConflict('email')
      .ignore()
      .returning('id')
    if (!row) throw emailTaken()
    await trx.table('profiles').insert({ user_id: row.id })
    await recordTermsAcceptance(trx, {
      userId: row.id,
      context: 'registration',
      version: input.terms_version,
    })
    await enqueue(trx, mailLink, { userId: row.id, purpose: 'verify_email' })
    return User.findOrFail(row.id, { client: trx })
  })
}

/** 409: told to who proves that the address is theirs, and to who registers (see `register`). */
export function emailTaken(): Problem {
  return new Problem(
    'There is an account with this e-mail address. Sign in, or reset its password.',
    {
      code: 'email_taken',
      status: 409,
    }
  )
}
