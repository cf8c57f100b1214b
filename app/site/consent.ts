import type { HttpContext } from '@adonisjs/core/http'
import { cookieNamed, isHttps } from '#config/app'

/** What a visitor may decide about. Another question is another version, and everybody is asked again. */
export const CONSENT_VERSION = 1
export const CONSENT_COOKIE = cookieNamed('site_consent')

/** Whether pages may measure how fast they are and say so to us. */
export type Choice = 'measure' | 'necessary'

/** Then we ask again. */
export const CONSENT_DAYS = 180

/** What this browser has chosen; undefined while it was not asked, or was asked something else. */
export function choiceOf({ request }: HttpContext): Choice | undefined {
  const [version, choice] = String(
    request.plainCookie(CONSENT_COOKIE, { encoded: false }) ?? ''
  ).split('.')
  if (version !== String(CONSENT_VERSION)) return undefined
  return choice === 'measure' || choice === 'necessary' ? choice : undefined
}

/** Whether this browser tells every site that it wants none of it (Global Privacy Control), whatever was chosen. */
export function isRefused({ request }: HttpContext): boolean {
  return request.header('sec-gpc') === '1'
}

/**
 * Keeps a choice: its version and itself, nothing of who made it. Scripts of ours read it, so that pages can be
 * the same for everybody.
 */
export function keepChoice({ response }: HttpContext, choice: Choice): void {
  response.plainCookie(CONSENT_COOKIE, `${CONSENT_VERSION}.${choice}`, {
    encode: false,
    path: '/',
    maxAge: `${CONSENT_DAYS} days`,
    httpOnly: false,
    secure: isHttps,
    sameSite: 'lax',
  })
}
