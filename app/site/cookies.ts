import { CONSOLE_COOKIE } from '#config/session'
import { SCHEME_COOKIE, SCHEME_DAYS } from '#console/scheme_cookie'
import { offeredProviders, PROVIDER_NAMES } from '#identity/oauth/providers'
import { STATE_MINUTES, stateCookie } from '#identity/oauth/sign_in_state'
import { CONSENT_COOKIE, CONSENT_DAYS } from '#site/consent'
import { days, either } from '#site/help'
import { STAFF_SESSION_LIFETIME } from '#staff/start_session'

/** Cookies that are set for one purpose, named as browsers show them here. */
export interface SiteCookie {
  names: string[]
  when: string
  purpose: string
  kept: string
}

/** Every cookie that this installation sets. */
export function everyCookie(): SiteCookie[] {
  const providers = offeredProviders()
  const consent = {
    names: [CONSENT_COOKIE],
    when: 'when you choose here or in the banner',
    purpose: 'remembers the version of the question and your answer, nothing more',
    kept: days(CONSENT_DAYS),
  }
  const signIn = {
    names: providers.map(stateCookie),
    when: `when you sign in with ${either(providers.map((name) => PROVIDER_NAMES[name]))}`,
    purpose: 'makes sure that the answer belongs to the sign-in that you have begun',
    kept: `until you are back, ${STATE_MINUTES} minutes at most`,
  }
  const session = {
    names: [CONSOLE_COOKIE],
    when: 'in the console of our staff only',
    purpose: 'signing in',
    kept: `until the browser is closed; a sign-in ends after ${STAFF_SESSION_LIFETIME}`,
  }
  const scheme = {
    names: [SCHEME_COOKIE],
    when: 'when our staff choose colours in their console',
    purpose: 'light or dark colours',
    kept: days(SCHEME_DAYS),
  }
  return [consent, ...(providers.length > 0 ? [signIn] : []), session, scheme]
}
