import env from '#start/env'
import { Problem } from '#exceptions/problem'

/** Where somebody may have an account that signs them in here. */
export const PROVIDERS = ['google', 'github'] as const
export type Provider = (typeof PROVIDERS)[number]

/** As people call them. */
export const PROVIDER_NAMES: Record<Provider, string> = { google: 'Google', github: 'GitHub' }

/** What Ally needs to know of a provider; addresses that are not set are the provider's own. */
export function settingsOf(provider: Provider) {
  const prefix = provider === 'google' ? 'GOOGLE' : 'GITHUB'
  return {
    clientId: env.get(`${prefix}_CLIENT_ID`) ?? '',
    clientSecret: env.get(`${prefix}_CLIENT_SECRET`)?.release() ?? '',
    callbackUrl: new URL(`/api/auth/oauth/${provider}/callback`, env.get('APP_URL')).href,
    authorizeUrl: env.get(`${prefix}_AUTHORIZE_URL`),
    accessTokenUrl: env.get(`${prefix}_TOKEN_URL`),
    userInfoUrl: env.get(`${prefix}_USERINFO_URL`),
    ...(provider === 'github' && { userEmailUrl: env.get('GITHUB_USEREMAIL_URL') }),
  }
}

/** The providers that this deployment has a client at. */
export function offeredProviders(): Provider[] {
  return PROVIDERS.filter((provider) => settingsOf(provider).clientId !== '')
}

/** @throws Problem 404 `provider_not_offered` */
export function assertOffered(provider: Provider): void {
  if (offeredProviders().includes(provider)) return
  throw new Problem(`Signing in with ${PROVIDER_NAMES[provider]} is not offered here.`, {
    code: 'provider_not_offered',
    status: 404,
  })
}
