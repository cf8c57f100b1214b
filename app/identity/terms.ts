import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import env from '#start/env'
import { setting } from '#escrow/settings'
import { Problem } from '#exceptions/problem'

/** The terms of use that are in force: a version, and the page of the frontend where they are. */
export interface Terms {
  version: string
  url: string
}

/** The terms that are in force now; `node ace settings:set terms_version …` brings others into force. */
export async function termsInForce(client: Pick<QueryClientContract, 'rawQuery'>): Promise<Terms> {
  const version = await setting(client, 'terms_version')
  const url = new URL('/terms', env.get('FRONTEND_URL') ?? env.get('APP_URL'))
  url.searchParams.set('version', version)
  return { version, url: url.href }
}

/** Where somebody accepted the terms, and the version that was shown to them; omitted, the one in force. */
export type TermsAcceptance = { userId: string; version?: string } & (
  { context: 'registration' } | { context: 'invitation'; projectId: string }
)

/**
 * Writes down that a user accepts the terms that are in force, with the time of it.
 *
 * @throws Problem 422 `terms_not_in_force`, which names the version in force, for another one: who read
 *   other terms has not accepted these
 */
export async function recordTermsAcceptance(
  trx: TransactionClientContract,
  acceptance: TermsAcceptance
): Promise<void> {
  const inForce = await termsInForce(trx)
  if (acceptance.version !== undefined && acceptance.version !== inForce.version) {
    throw notInForce(inForce)
  }
  await trx.table('terms_acceptances').insert({
    user_id: acceptance.userId,
    version: inForce.version,
    context: acceptance.context,
    project_id: acceptance.context === 'invitation' ? acceptance.projectId : null,
  })
}

function notInForce({ version, url }: Terms): Problem {
  const message = `The terms in force are version ${version}. Show those (${url}), and send their version.`
  return new Problem(message, {
    code: 'terms_not_in_force',
    status: 422,
    errors: [{ field: 'terms_version', rule: 'in_force', message }],
    extra: { terms_version: version, terms_url: url },
  })
}
