/*
 * Who may call what, declared once. `authorization.spec.ts` calls every cell of it and writes it to
 * docs/authorization.md; **a route without a line fails there.** Routes of the console say it themselves, by
 * `middleware.may`, and have their tests in tests/functional/console/roles.spec.ts.
 */

/** Whoever asks. The records that are asked for belong to a project of the client and the freelancer. */
export const CALLERS = {
  'nobody': 'without a token',
  'client': 'of the project',
  'freelancer': 'of the project',
  'invited': 'a freelancer, of a project that is still a draft, about that project',
  'other client': 'who has nothing to do with it',
  'other freelancer': 'who has nothing to do with it',
  'unverified': 'who else would be let in, with an e-mail address that is not verified',
  'suspended': 'who else would be let in, with the token of before',
  'erased': 'with the token of before',
  'bad token': 'none of ours, or one whose time is over',
  'staff': 'signed in at the console, with its cookie',
} as const

export type Caller = keyof typeof CALLERS

/** Let in (whatever else the request needs), or how it is refused. */
export type Cell = 'yes' | 401 | 403 | 404

/** People by what they are in the project, or by the kind of their account. */
type People = 'client' | 'freelancer' | 'invited' | 'other client' | 'other freelancer'

export interface Rule {
  about: string
  /** Two, where it depends on how the record is named: by a secret that is shared, or by its id. */
  cells: Record<People, Cell | readonly [shared: Cell, byId: Cell]>
}

const everybody = (cell: Cell) => ({
  'client': cell,
  'freelancer': cell,
  'invited': cell,
  'other client': cell,
  'other freelancer': cell,
})

/** Who has nothing to do with a record is told that it is not there. */
const NOT_THERE = everybody(404)

export const RULES = {
  'anybody': {
    about:
      'Whoever knows what the request holds: a password, a mailed token. Nobody has to be signed in.',
    cells: everybody('yes'),
  },
  'self': {
    about: 'Everybody who is signed in, about themselves and what they are a party of.',
    cells: everybody('yes'),
  },
  'clients': {
    about: 'Everybody whose account is a client’s.',
    cells: { ...everybody(403), 'client': 'yes', 'other client': 'yes' },
  },
  'freelancers': {
    about: 'Everybody whose account is a freelancer’s.',
    cells: { ...everybody('yes'), 'client': 403, 'other client': 403 },
  },
  'its freelancer': {
    about: 'The freelancer whose it is. Clients have nothing of the kind.',
    cells: { ...NOT_THERE, 'freelancer': 'yes', 'client': 403, 'other client': 403 },
  },
  'its client': {
    about: 'The client whose it is.',
    cells: { ...NOT_THERE, client: 'yes' },
  },
  'parties': {
    about: 'Both sides of the project.',
    cells: { ...NOT_THERE, client: 'yes', freelancer: 'yes' },
  },
  'the client': {
    about: 'The project’s client; its freelancer sees it and may not.',
    cells: { ...NOT_THERE, client: 'yes', freelancer: 403 },
  },
  'the freelancer': {
    about: 'The project’s freelancer; its client sees it and may not.',
    cells: { ...NOT_THERE, client: 403, freelancer: 'yes' },
  },
  'the drafting client': {
    about: 'The client of a project that has no freelancer yet.',
    cells: { ...NOT_THERE, client: 'yes' },
  },
  'the invited': {
    about:
      'Who was invited. Others are told so (403) if they have the link, and else that it is not there.',
    cells: {
      'client': [403, 404],
      'freelancer': [403, 404],
      'invited': 'yes',
      'other client': [403, 404],
      'other freelancer': [403, 404],
    },
  },
  'the addressee': {
    about: 'Who has the code and the address that the provider told of.',
    cells: { ...everybody(403), client: 'yes' },
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof RULES

export interface Access {
  rule: RuleName
  /** Only with a verified e-mail address: others are refused with 403. */
  verified?: true
  /** Of a public route that is about an account: what it answers about one that is suspended. */
  suspended?: Cell
}

const of = (rule: RuleName): Access => ({ rule })
const verified = (rule: RuleName): Access => ({ rule, verified: true })

/** The API's routes, below `/api/`. Each is called with the requests of `tests/functional/api/world.ts`. */
export const API: Record<string, Access> = {
  'GET terms': of('anybody'),
  'POST auth/register': of('anybody'),
  'POST auth/login': { rule: 'anybody', suspended: 403 },
  'POST auth/refresh': { rule: 'anybody', suspended: 401 },
  'POST auth/verify-email': of('anybody'),
  'POST auth/reset-password': of('anybody'),
  'POST auth/mfa/verify': { rule: 'anybody', suspended: 401 },
  'POST auth/change-email/confirm': of('anybody'),
  'GET auth/oauth': of('anybody'),
  'POST auth/oauth/exchange': of('anybody'),
  'POST auth/oauth/link/confirm': of('the addressee'),
  'GET auth/identities': of('self'),
  'DELETE auth/identities/:id': of('its client'),
  'POST auth/logout': of('self'),
  'POST auth/verify-email/resend': of('self'),
  'POST auth/change-password': of('self'),
  'POST auth/change-email': of('self'),
  'GET auth/sessions': of('self'),
  'DELETE auth/sessions': of('self'),
  'DELETE auth/sessions/:id': of('its client'),
  'GET auth/mfa': of('self'),
  'POST auth/mfa/enroll': verified('self'),
  'POST auth/mfa/confirm': of('self'),
  'POST auth/mfa/recovery-codes': of('self'),
  'POST auth/mfa/disable': of('self'),

  'GET users/profile': of('self'),
  'PUT users/profile': of('self'),
  'DELETE users/profile': of('self'),
  'POST users/upload-avatar': of('self'),
  'DELETE users/avatar': of('self'),
  'GET users/dashboard': of('self'),
  'GET users/:id': of('parties'),
  'POST users/export': of('self'),
  'GET users/exports': of('self'),
  'GET users/exports/:id/download': of('its client'),
  'GET users/notification-preferences': of('self'),
  'PUT users/notification-preferences': of('self'),
  'GET notifications': of('self'),
  'PUT notifications/:id/read': of('its client'),
  'POST notifications/read-all': of('self'),

  'GET projects': of('self'),
  'POST projects': of('clients'),
  'GET projects/:id': of('parties'),
  'PUT projects/:id': of('the drafting client'),
  'DELETE projects/:id': of('the drafting client'),
  'POST projects/:id/cancel': of('the drafting client'),
  'POST projects/:id/complete': of('the client'),
  'GET projects/:id/activity': of('parties'),
  'GET projects/:id/milestones': of('parties'),
  'POST projects/:id/milestones': of('the drafting client'),
  'POST projects/:id/invitations': verified('the drafting client'),
  'GET projects/:id/messages': of('parties'),
  'POST projects/:id/messages': of('parties'),
  'GET projects/:id/proposals': of('parties'),
  'POST projects/:id/proposals': of('parties'),
  'POST proposals/:id/accept': of('the client'),
  'POST proposals/:id/decline': of('the client'),
  'GET invitations': of('self'),
  'POST invitations/:token/accept': verified('the invited'),
  'POST invitations/:token/decline': verified('the invited'),

  'GET milestones/:id': of('parties'),
  'PUT milestones/:id': of('the drafting client'),
  'DELETE milestones/:id': of('the drafting client'),
  'GET milestones/:id/submissions': of('parties'),
  'POST milestones/:id/submit': of('the freelancer'),
  'POST milestones/:id/reject': of('the client'),
  'POST milestones/:id/approve': verified('the client'),
  'GET milestones/:id/deliverables': of('parties'),
  'POST milestones/:id/deliverables': of('the freelancer'),
  'GET deliverables/:id/download': of('parties'),
  'DELETE deliverables/:id': of('the freelancer'),

  'GET payments/quote': of('self'),
  'POST payments/deposit': verified('the client'),
  'POST payments/release': verified('the client'),
  'POST payments/refund': verified('the client'),
  'GET payments/refunds': of('self'),
  'GET payments/refunds/:id': of('parties'),
  'POST payments/refunds/:id/accept': verified('the freelancer'),
  'POST payments/refunds/:id/decline': verified('the freelancer'),
  'GET payments/payouts': of('self'),
  'GET payments/transactions': of('self'),
  'GET payments/transactions/:id': of('parties'),
  'GET payments/transactions/:id/receipt': of('its client'),
  'POST payments/transactions/:id/cancel': of('the client'),
  'GET payments/escrow/:project_id': of('parties'),
  'GET payments/statement': of('self'),
  'GET payments/payout-accounts': of('freelancers'),
  'POST payments/payout-accounts': verified('freelancers'),
  'PUT payments/payout-accounts/:id': verified('its freelancer'),
  'DELETE payments/payout-accounts/:id': verified('its freelancer'),
  'POST payments/payout-accounts/:id/onboarding-link': verified('its freelancer'),

  'POST milestones/:id/disputes': verified('parties'),
  'GET disputes': of('self'),
  'GET disputes/:id': of('parties'),
  'POST disputes/:id/answer': of('the freelancer'),
  'POST disputes/:id/escalate': of('parties'),
  'POST disputes/:id/withdraw': of('the client'),
  'GET disputes/:id/messages': of('parties'),
  'POST disputes/:id/messages': of('parties'),
  'POST disputes/:id/evidence': of('parties'),
  'GET evidence/:id/download': of('parties'),
  'GET disputes/:id/offers': of('parties'),
  'POST disputes/:id/offers': verified('parties'),
  'POST offers/:id/accept': verified('the freelancer'),
  'POST offers/:id/decline': verified('the freelancer'),
  'POST disputes/:id/equal-split': verified('parties'),
  'DELETE disputes/:id/equal-split': of('parties'),
}

/** What an answer to the caller must be, by the rule of the route. */
export function cellOf(access: Access, caller: Caller, shared = false): Cell {
  const { rule, suspended } = access
  switch (caller) {
    case 'nobody':
    case 'erased':
    case 'bad token':
    case 'staff':
      return rule === 'anybody' ? 'yes' : 401
    case 'suspended':
      return rule === 'anybody' ? (suspended ?? 'yes') : 401
    case 'unverified':
      return access.verified ? 403 : 'yes'
    default: {
      const cell: Cell | readonly [Cell, Cell] = RULES[rule].cells[caller]
      return typeof cell === 'object' ? cell[shared ? 0 : 1] : cell
    }
  }
}

/** Beside the JSON API. What lets in is not who is signed in but what the request holds. */
export interface Elsewhere {
  /** In words. */
  lets: string
  /** How it answers everybody who has it, whatever else they bring. */
  accepted: number
  /** How it answers everybody who has not; undefined where nothing is asked for. */
  refused?: number
}

const PUBLIC = { lets: 'everybody', accepted: 200 }
const BY_LINK = { lets: 'who has a link that we signed', accepted: 200 }

/** Routes that look at no user, by method and pattern. A trailing `*` stands for the rest of a name. */
export const ELSEWHERE: Record<string, Elsewhere> = {
  'GET /health/live': PUBLIC,
  'GET /health/ready': PUBLIC,
  'GET /openapi.json': PUBLIC,
  'GET /docs': PUBLIC,
  'GET /docs/style.css': PUBLIC,
  'GET /problems/:code': { lets: 'everybody, on to the page that explains it', accepted: 302 },
  'GET /assets/*': PUBLIC,
  'GET /avatars/:name': {
    lets: 'who was told the name of the picture',
    accepted: 200,
    refused: 404,
  },
  'GET /files/*': { ...BY_LINK, refused: 403 },
  'GET /api/notifications/unsubscribe': {
    lets: 'everybody, on to the frontend',
    accepted: 302,
  },
  'POST /api/notifications/unsubscribe': { ...BY_LINK, refused: 422 },
  'GET /api/auth/oauth/:provider': { lets: 'everybody, on to the provider', accepted: 302 },
  'GET /api/auth/oauth/:provider/callback': {
    lets: 'everybody, on to the frontend; with a code only who was sent by us from the same browser',
    accepted: 302,
  },
  'POST /api/webhooks/stripe': { lets: 'who signs as Stripe', accepted: 200, refused: 400 },
  'POST /api/webhooks/stripe/connect': { lets: 'who signs as Stripe', accepted: 200, refused: 400 },
  'POST /api/webhooks/paypal': { lets: 'who signs as PayPal', accepted: 200, refused: 400 },
  'POST /api/webhooks/venmo': { lets: 'who signs as PayPal', accepted: 200, refused: 400 },
}

/** The stream of notifications: signed in by token, and for one's own channel alone. */
export const STREAMS = [
  'GET /__transmit/events',
  'POST /__transmit/subscribe',
  'POST /__transmit/unsubscribe',
]

/** The public site: for everybody, all of it. */
export const isOfTheSite = ({ name }: { name?: string }) => /^site\./.test(name ?? '')
