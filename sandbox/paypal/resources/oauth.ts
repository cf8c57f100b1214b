import { randomText } from '../../common/random.js'
import type { Call, Reply } from '../endpoint.js'
import { newId } from '../store.js'
import type { World } from '../world.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const SCOPES = [
  'https://uri.paypal.com/services/payments/payment',
  'https://uri.paypal.com/services/payments/refund',
  'https://uri.paypal.com/payments/payouts',
  'https://uri.paypal.com/services/disputes/read-seller',
  'https://uri.paypal.com/services/disputes/update-seller',
  'https://uri.paypal.com/services/applications/webhooks',
  'https://uri.paypal.com/services/reporting/search/read',
  'https://uri.paypal.com/services/reporting/balances/read',
]

/** Exchanges client id and secret for a token that lasts some hours. Errors are those of OAuth 2.0. */
export function issueToken({ world, body }: Pick<Call, 'world' | 'body'>, basic: string): Reply {
  const { clientId, clientSecret, tokenLifetimeMs } = world.options
  if (basic !== `${clientId}:${clientSecret}`) {
    return oauthError(401, 'invalid_client', 'Client Authentication failed')
  }
  if (body.grant_type !== 'client_credentials') {
    return oauthError(400, 'unsupported_grant_type', 'unsupported grant_type')
  }
  const token = `A21AA${randomText(ALPHABET, 60)}`
  world.store.add('token', token, { expiresAt: Date.now() + tokenLifetimeMs })
  return {
    status: 200,
    body: {
      scope: SCOPES.join(' '),
      access_token: token,
      token_type: 'Bearer',
      app_id: 'APP-80W284485P519543T',
      expires_in: Math.floor(tokenLifetimeMs / 1000),
      nonce: `${world.clock.iso}${newId()}`,
    },
  }
}

export function isTokenGood(world: World, token: string): boolean {
  const row = world.store.get('token', token)
  return row !== undefined && row.data.expiresAt > Date.now()
}

function oauthError(status: number, error: string, description: string): Reply {
  return { status, body: { error, error_description: description } }
}
