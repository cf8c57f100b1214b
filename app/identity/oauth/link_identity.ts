import { inTransaction } from '#database/transaction'
import { forbidden, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import Identity from '#models/identity'
import User from '#models/user'
import { claimHandover, spendHandover } from '#identity/oauth/handovers'
import { describeIdentity } from '#identity/oauth/identities'

/**
 * Links a provider's account to the one that is signed in here, which is how its owner confirms it: with
 * their password and whatever else signing in takes.
 *
 * The two must have the same address. Otherwise a link with somebody's own code, opened by a user who is
 * signed in, or a stolen session, would be enough to get a way of one's own into their account.
 *
 * @throws Problem 401 `invalid_oauth_code`, 403 `other_address`, 409 `identity_taken`
 */
export async function linkIdentity(
  userId: string,
  code: string,
  verifier: string | undefined
): Promise<Identity> {
  return inTransaction(async (trx) => {
    const handover = await claimHandover(trx, code, verifier)
    const { provider, subject, email } = handover
    const user = await User.query({ client: trx }).where('id', userId).forUpdate().firstOrFail()
    if (email !== user.email) {
      throw forbidden(
        'The account at the provider has another e-mail address than your account here.',
        'other_address'
      )
    }
    await spendHandover(trx, handover.id)
    const linked = await trx
      .knexQuery()
      .from('identities')
      .insert({ user_id: user.id, provider, subject, email })
      .onConflict(['provider', 'subject'])
      .ignore()
      .returning('id')
    const identity = await Identity.query({ client: trx })
      .where({ provider, subject })
      .firstOrFail()
    if (identity.userId !== user.id) {
      throw wrongState('This account signs somebody else in.', 'linked', { code: 'identity_taken' })
    }
    if (linked.length > 0) {
      // The provider has verified it, and it is the same.
      await user.merge({ isVerified: true }).save()
      const detail = describeIdentity(identity)
      await enqueue(trx, mailSecurityNotice, { userId, notice: 'identity_linked', detail })
    }
    return identity
  })
}
