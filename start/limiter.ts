import type { HttpContext } from '@adonisjs/core/http'
import { hasSignedInFrom } from '#identity/known_network'
import { clientNetwork } from '#middleware/client_network'
import {
  both,
  limitRefused,
  limitRequests,
  mailAddress,
  type Rule,
} from '#middleware/limit_requests'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type Numbers = [requests: number, seconds: number]

const perIp = (...[requests, seconds]: Numbers): Rule => ({ by: 'ip', requests, seconds })
const perAccount = (...[requests, seconds]: Numbers): Rule => ({ by: 'account', requests, seconds })
const perAddress = (...[requests, seconds]: Numbers): Rule => ({ by: 'address', requests, seconds })
const perAddressAtIp = (...[requests, seconds]: Numbers): Rule => ({
  by: 'address_at_ip',
  requests,
  seconds,
})

/** The owner of the address that somebody signs in with has done so from this network before. */
const fromKnownNetwork = async ({ request }: HttpContext): Promise<boolean> => {
  const email = mailAddress(request.input('email'))
  return email !== undefined && hasSignedInFrom(email, clientNetwork(request.ip()))
}

/**
 * How often anybody may do what. An office or a mobile network may call from one address, so limits per
 * IP are a multiple of what one person does; they are there for who has many accounts, or none.
 *
 * Signing in is counted in four ways, for three attackers. One machine that tries many addresses meets the
 * limit per IP. One machine that tries many passwords on one address meets the limit for the two
 * together; it locks out nobody but itself. Many machines that try one address meet the limit of that
 * address, which is what NIST SP 800-63B (5.2.2) asks for, 100 tries at most. That one alone would let
 * them lock the owner out for as long as they like. So it does not hold where the owner has signed in
 * before, at home or at work; and elsewhere it ends with its hour. The limits come before the password
 * is looked at and count whether or not there is such an account: they tell nothing about it.
 *
 * Asking for a reset is limited per address, too: who would mail-bomb somebody. That refuses only where
 * as many links have just been sent; the owner has them.
 */
export const RULES = {
  // Before everything else of the API, and once more when the account is known: see `api` and `signedIn`.
  api: [perIp(1200, MINUTE), perAccount(600, MINUTE)],

  register: [perIp(20, HOUR), perAddress(10, HOUR)],
  login: [
    perIp(60, 5 * MINUTE),
    perAddressAtIp(10, 15 * MINUTE),
    { ...perAddress(100, HOUR), except: fromKnownNetwork },
  ],
  refresh: [perIp(300, MINUTE)],
  verify_email: [perIp(60, 15 * MINUTE), perAccount(20, 15 * MINUTE)],
  reset_password: [perIp(30, 15 * MINUTE), perAddressAtIp(5, 15 * MINUTE), perAddress(10, HOUR)],
  resend: [perIp(60, HOUR), perAccount(6, HOUR)],
  oauth: [perIp(60, 5 * MINUTE), perAccount(20, 5 * MINUTE)],
  mfa: [perIp(60, 5 * MINUTE), perAccount(10, 5 * MINUTE)],
  // Whatever else needs the password or changes how one signs in; of what is refused, see `REFUSED`.
  credentials: [perIp(60, 15 * MINUTE), perAccount(60, 15 * MINUTE)],

  upload: [perIp(300, 10 * MINUTE), perAccount(60, 10 * MINUTE)],
  download: [perIp(600, MINUTE), perAccount(120, MINUTE)],
  receipt: [perIp(300, 10 * MINUTE), perAccount(60, 10 * MINUTE)],
  statement: [perIp(120, 10 * MINUTE), perAccount(20, 10 * MINUTE)],
  // Also what ends an account: rare, and dear.
  export: [perIp(50, DAY), perAccount(10, DAY)],

  quote: [perIp(600, MINUTE), perAccount(120, MINUTE)],
  // Whatever asks a payment provider: its limits are shared by all of our customers.
  payment: [perIp(600, 10 * MINUTE), perAccount(120, 10 * MINUTE)],
  invitation: [perIp(150, HOUR), perAccount(40, HOUR)],
  message: [perIp(300, MINUTE), perAccount(60, MINUTE)],
  write: [perIp(600, MINUTE), perAccount(120, MINUTE)],
  list: [perIp(900, MINUTE), perAccount(240, MINUTE)],
  dashboard: [perIp(600, MINUTE), perAccount(120, MINUTE)],
  stream: [perIp(600, MINUTE), perAccount(120, MINUTE)],
  // Public documents, such as those of the API itself.
  page: [perIp(240, MINUTE)],
  // An office of staff, whose pages follow what happens; what a guess costs is counted by signing in.
  console: [perIp(1200, MINUTE)],
  // Of a whole office; what is tried on one address is counted by `app/staff/attempts.ts`.
  console_sign_in: [perIp(60, 5 * MINUTE)],
} satisfies Record<string, Rule[]>

/**
 * What is counted only where it is refused: who walks through their settings is not locked out by it, and
 * who guesses a password with a stolen token has ten tries.
 */
export const REFUSED = {
  credentials: perAccount(10, 15 * MINUTE),
}

const limit = (name: keyof typeof RULES) => limitRequests(name, RULES[name])

/**
 * Middleware, one word on a route: `router.post('…', […]).use(limits.upload)`. On a route inside
 * `signedIn` it counts per account and per IP, on a public one per IP and, where it says so, per address
 * in the body. A refusal is a 429 `too_many_requests` with `Retry-After`. Every public and every expensive
 * route needs one: `tests/functional/platform/limited_routes.spec.ts` looks.
 */
export const limits = {
  register: limit('register'),
  login: limit('login'),
  refresh: limit('refresh'),
  verifyEmail: limit('verify_email'),
  resetPassword: limit('reset_password'),
  resend: limit('resend'),
  oauth: limit('oauth'),
  mfa: limit('mfa'),
  credentials: both(limit('credentials'), limitRefused('credentials_refused', REFUSED.credentials)),
  upload: limit('upload'),
  download: limit('download'),
  receipt: limit('receipt'),
  statement: limit('statement'),
  export: limit('export'),
  quote: limit('quote'),
  payment: limit('payment'),
  invitation: limit('invitation'),
  message: limit('message'),
  write: limit('write'),
  list: limit('list'),
  dashboard: limit('dashboard'),
  stream: limit('stream'),
  page: limit('page'),
  console: limit('console'),
  consoleSignIn: limit('console_sign_in'),

  /**
   * Counts webhooks that are not taken in: providers send signed ones in any number, and whatever else
   * comes may cost a look at PayPal for a certificate that does not exist.
   */
  webhook: limitRefused('webhook', perIp(120, MINUTE)),
}

/** The general limit: of the whole API per IP, which needs no database, then per account. */
export const generalLimits = {
  perIp: limitRequests(
    'api',
    RULES.api.filter(({ by }) => by === 'ip')
  ),
  perAccount: limitRequests(
    'api',
    RULES.api.filter(({ by }) => by === 'account')
  ),
}
