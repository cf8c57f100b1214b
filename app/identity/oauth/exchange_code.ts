import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem, unprocessable } from '#exceptions/problem'
import User, { type UserType } from '#models/user'
import { claimHandover, spendHandover, type Handover } from '#identity/oauth/handovers'
import type { SignInOrigin } from '#identity/sessions'
import { passFirstFactor, type SignInResult } from '#identity/sign_in'
import { recordTermsAcceptance } from '#identity/terms'

/** What the frontend sends for a code. The last two are for who has no account yet. */
export interface CodeExchange {
  code: string
  code_verifier?: string
  user_type?: UserType
  terms_version?: string
}

/**
 * Signs somebody in whom a provider has sent back, by the one-time code of that:
 *
 *     the provider's account      here
 *     ----------------------      ---------------------------------------------------------------
 *     is linked                   its user is signed in; who has an authenticator app is asked for a code
 *     has the address of a user   409 `link_required`: that user signs in and links it (`linkIdentity`)
 *     is new                      422 `user_type_required` until the kind of account is told, then it is made
 *
 * A refusal leaves the code good until it expires.
 *
 * @throws Problem 401 `invalid_oauth_code`, 409 `link_required`, 422 `user_type_required`, 422
 *   `terms_not_in_force`
 */
export async function exchangeCode(
  exchange: CodeExchange,
  origin: SignInOrigin
): Promise<SignInResult> {
  return inTransaction(async (trx) => {
    const handover = await claimHandover(trx, exchange.code, exchange.code_verifier)
    const user = (await linkedUser(trx, handover)) ?? (await openAccount(trx, handover, exchange))
    await spendHandover(trx, handover.id)
    return passFirstFactor(trx, user, origin)
  })
}

/** The user whom the provider's account signs in, with their row held against changes of how they sign in. */
async function linkedUser(
  trx: TransactionClientContract,
  { provider, subject }: Handover
): Promise<User | null> {
  const identity = () => trx.from('identities').where({ provider, subject })
  const found = await identity().select('user_id').first()
  if (!found) return null
  const user = await User.query({ client: trx }).where('id', found.user_id).forShare().first()
  // It may have been unlinked while we waited for the row.
  const used = await identity()
    .where('user_id', found.user_id)
    .returning('id')
    .update({ last_used_at: trx.raw('now()') })
  return used.length > 0 ? user : null
}

/** Opens an account without a password; its address is verified, by the provider. */
async function openAccount(
  trx: TransactionClientContract,
  handover: Handover,
  { user_type: userType, terms_version: version }: CodeExchange
): Promise<User> {
  const { email, provider, subject } = handover
  if (await User.findBy('email', email, { client: trx })) throw linkRequired(handover)
  if (userType === undefined) throw userTypeRequired(handover)
  const [row] = await trx
    .knexQuery()
    .from('users')
    .insert({
      email,
      password: null,
      user_type: userType,
      first_name: handover.firstName,
      last_name: handover.lastName,
      is_verified: true,
    })
    .onConflict('email')
    .ignore()
    .returning('id')
  // Somebody has registered it since we looked.
  if (!row) throw linkRequired(handover)
  await trx.table('profiles').insert({ user_id: row.id })
  await trx
    .table('identities')
    .insert({ user_id: row.id, provider, subject, email, last_used_at: trx.raw('now()') })
  await recordTermsAcceptance(trx, { userId: row.id, context: 'registration', version })
  return User.findOrFail(row.id, { client: trx })
}

/** Told only to who has proven at the provider that the address is theirs. */
function linkRequired({ email }: Handover): Problem {
  return new Problem(
    'There is an account with this e-mail address already. Sign in to it, then confirm with this code at POST /api/auth/oauth/link/confirm.',
    { code: 'link_required', status: 409, extra: { email } }
  )
}

function userTypeRequired({ email, firstName, lastName }: Handover): Problem {
  const problem = unprocessable(
    'user_type',
    'required',
    'There is no account yet. Send the code again with the user_type that it shall have.'
  )
  return new Problem(problem.message, {
    code: 'user_type_required',
    status: 422,
    errors: problem.errors,
    extra: { email, first_name: firstName, last_name: lastName },
  })
}
