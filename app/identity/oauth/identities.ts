import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { notFound, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import Identity from '#models/identity'
import User from '#models/user'
import { PROVIDER_NAMES } from '#identity/oauth/providers'
import { readPage, type Page, type PageQuery } from '#transformers/page'

/** The accounts elsewhere that sign a user in, newest first. */
export async function listIdentities(userId: string, page: PageQuery): Promise<Page<Identity>> {
  return readPage(Identity.query().where('userId', userId), page)
}

/**
 * Takes away a way to sign in. Sessions go on; end them with `endOtherSessions` if need be.
 *
 * @throws Problem 404; 409 `last_sign_in` for the last way of an account without a password
 */
export async function unlinkIdentity(userId: string, identityId: string): Promise<void> {
  if (!isUuid(identityId)) throw notFound('identity')
  await inTransaction(async (trx) => {
    // Two at the same moment would each think the other one is left.
    const user = await User.query({ client: trx }).where('id', userId).forUpdate().firstOrFail()
    const identities = await Identity.query({ client: trx }).where('userId', userId)
    const identity = identities.find(({ id }) => id === identityId)
    if (!identity) throw notFound('identity')
    if (user.password === null && identities.length === 1) {
      throw wrongState(
        'This is the only way to sign in to your account. Set a password first, by a link from POST /api/auth/reset-password.',
        'last',
        { code: 'last_sign_in' }
      )
    }
    await identity.useTransaction(trx).delete()
    const detail = describeIdentity(identity)
    await enqueue(trx, mailSecurityNotice, { userId, notice: 'identity_unlinked', detail })
  })
}

/** In words, for a mail. */
export function describeIdentity({ provider, email }: Identity): string {
  return `${PROVIDER_NAMES[provider]} (${email})`
}
