import { safeEqual } from '@adonisjs/core/helpers'
import { cookieNamed, isHttps } from '#config/app'
import type { HttpContext } from '@adonisjs/core/http'
import encryption from '@adonisjs/core/services/encryption'
import { newToken } from '#identity/opaque_tokens'
import type { Provider } from '#identity/oauth/providers'

/** Between leaving for the provider and coming back. */
export const STATE_MINUTES = 10
const LIFETIME = STATE_MINUTES * 60

/** What a sign-in that is away at a provider is known by. */
export interface SignInState {
  /** Comes back in the address, so that only an answer to our own question counts. */
  state: string
  /** Proves at the token endpoint that who asks is who began (PKCE, RFC 7636). */
  verifier: string
  /** Of the frontend, if it sent one: `exchangeCode` wants what it is the hash of. */
  challenge?: string
}

/**
 * Begins a sign-in in this browser. The state is kept in a cookie of it, encrypted: nobody can make another
 * browser finish a sign-in that it has not begun, which would sign its owner in as somebody else.
 */
export function keepState(
  { response }: HttpContext,
  provider: Provider,
  challenge: string | undefined
): SignInState {
  const kept: SignInState = { state: newToken(), verifier: newToken(), challenge }
  const sealed = encryption.encrypt(kept, {
    expiresIn: LIFETIME * 1000,
    purpose: stateCookie(provider),
  })
  response.plainCookie(stateCookie(provider), sealed, { ...options(), maxAge: LIFETIME })
  return kept
}

/**
 * The sign-in that this browser has begun, once: its cookie is gone afterwards.
 *
 * @returns null if it has begun none, not lately, or not the one that the request answers
 */
export function takeState(
  { request, response }: HttpContext,
  provider: Provider
): SignInState | null {
  const sealed: unknown = request.plainCookie(stateCookie(provider))
  response.clearCookie(stateCookie(provider), options())
  if (typeof sealed !== 'string') return null
  const kept = encryption.decrypt<SignInState>(sealed, stateCookie(provider))
  const state: unknown = request.qs().state
  if (!kept || typeof state !== 'string' || !safeEqual(state, kept.state)) return null
  return kept
}

/** The name of the cookie that keeps it. */
export const stateCookie = (provider: Provider) => cookieNamed(`oauth_${provider}`)

/** Lax: the provider sends the browser back by a link, and nothing else needs the cookie. */
function options() {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: isHttps,
  }
}
