import db from '@adonisjs/lucid/services/db'
import { readHealth } from '#console/dashboard_health'
import { setting } from '#escrow/settings'
import { PROVIDER_NAMES, type Rail } from '#models/transaction'
import { offeredProviders, offeredRails } from '#payments/registry'
import { blockOf } from '#payments/reconcile/blocking'
import { isRecovering } from '#recovery/recovering'
import { keptFor } from '#site/kept_for'
import { readiness } from '#start/health'

export type State = 'working' | 'delayed' | 'down' | 'unknown'

export interface Part {
  name: string
  state: State
  /** What that means for who uses it. */
  detail: string
}

export interface Status {
  state: State
  parts: Part[]
  /** What staff want to say; undefined for nothing. */
  notice: string | undefined
  at: Date
}

/** However many look, it is found out once in this time. */
const SECONDS = 5

/** Seconds that something may wait before it counts as late. */
const LATE = { job: 120, event: 300, outcome: 900 }
/** Hours that a comparison with a provider, which is made every night, may be old. */
const LATE_COMPARISON = 36

/** How SafeSend is now: from the checks that decide on traffic, and from what waits for how long. No numbers of business. */
export const status = keptFor(SECONDS, readStatus)

/** What readiness checks, as people know it; several of one name count as the worst of them. */
const CHECKED: Record<string, string> = {
  database: 'Accounts and records',
  migrations: 'Accounts and records',
  job_queue: 'Background work',
  worker: 'Background work',
  storage: 'Files',
  mail: 'E-mail',
}

async function readStatus(): Promise<Status> {
  const [checks, waiting, rails, notice, recovering] = await Promise.all([
    readChecks(),
    readHealth().catch(() => undefined),
    readRails().catch(() => undefined),
    setting(db, 'status_notice').catch(() => 'none'),
    isRecovering().catch(() => false),
  ])
  const parts: Part[] = [
    { name: 'Website and API', state: 'working', detail: 'You are reading this page.' },
    ...checks.map((part) => {
      if (part.name !== 'Background work') return part
      return recovering && part.state === 'working' ? RECOVERING_PART : withLag(part, waiting)
    }),
    eventsOf(waiting),
    ...railsOf(rails, waiting),
  ]
  return {
    state: worst(parts.map(({ state }) => state)),
    parts,
    notice: notice === 'none' ? undefined : notice,
    at: new Date(),
  }
}

const RECOVERING_PART: Part = {
  name: 'Background work',
  state: 'delayed',
  detail:
    'Payouts and refunds wait, and no deadline counts, until our records have been compared with those of the payment providers.',
}

async function readChecks(): Promise<Part[]> {
  const { checks } = await readiness.run()
  const parts = new Map<string, Part>()
  for (const check of checks) {
    const name = CHECKED[check.name]
    if (!name) continue
    const state = { ok: 'working', warning: 'delayed' }[check.status as string] ?? 'down'
    const before = parts.get(name)
    const worse = before ? worst([before.state, state as State]) : (state as State)
    parts.set(name, { name, state: worse, detail: WORDS[worse] })
  }
  return [...parts.values()]
}

const WORDS: Record<State, string> = {
  working: 'Answers as it should.',
  delayed: 'Has trouble right now: what needs it waits, or is to be tried again.',
  down: 'Does not answer. What needs it cannot be done until it does.',
  unknown: 'Cannot be found out at this moment.',
}

type Health = Awaited<ReturnType<typeof readHealth>> | undefined

function withLag(part: Part, waiting: Health): Part {
  if (part.state !== 'working') return part
  if (!waiting) return { ...part, state: 'unknown', detail: WORDS.unknown }
  const seconds = age(waiting.oldestJob)
  return seconds > LATE.job
    ? {
        ...part,
        state: 'delayed',
        detail: `Behind by ${inWords(seconds)}: mails and payouts come later.`,
      }
    : { ...part, detail: 'Payouts, mails and deadlines are worked off as they come.' }
}

function eventsOf(waiting: Health): Part {
  const name = 'News from payment providers'
  if (!waiting) return { name, state: 'unknown', detail: WORDS.unknown }
  const seconds = age(waiting.oldestTriedEvent)
  return seconds > LATE.event
    ? {
        name,
        state: 'delayed',
        detail: `Some of it has waited for ${inWords(seconds)}: a payment may show later than it was made.`,
      }
    : { name, state: 'working', detail: 'Looked at as it comes.' }
}

interface RailFacts {
  rail: Rail
  compared: Date | null
  unanswered: Date | null
  /** Why payouts this way wait; undefined if they do not. */
  blocked?: string
}

/** When a rail's records were last compared with ours, and since when an answer of it is missing. */
async function readRails(): Promise<RailFacts[]> {
  const { rows } = await db.rawQuery<{ rows: RailFacts[] }>(
    `SELECT rail,
       (SELECT max(finished_at) FROM reconciliation_runs r
         WHERE r.rail = rails.rail AND r.status = 'finished') AS compared,
       (SELECT min(sent_at) FROM transactions t
         WHERE t.status = 'pending' AND t.transaction_type IN ('deposit', 'refund', 'payout')
           AND t.provider_transaction_id = '' AND t.sent_at IS NOT NULL
           AND CASE t.payment_provider WHEN 'stripe' THEN 'stripe' ELSE 'paypal' END = rails.rail) AS unanswered
     FROM unnest(?::text[]) AS rails (rail)`,
    [offeredRails()]
  )
  const thresholds = await setting(db, 'break_block_threshold')
  return Promise.all(
    rows.map(async (row) => ({ ...row, blocked: await blockOf(db, row.rail, thresholds) }))
  )
}

function railsOf(rails: RailFacts[] | undefined, waiting: Health): Part[] {
  return offeredRails().map((rail) => {
    const name = `Payments by ${namesOn(rail)}`
    const known = rails?.find((each) => each.rail === rail)
    if (!known || !waiting) return { name, state: 'unknown', detail: WORDS.unknown }
    const seconds = age(known.unanswered)
    if (seconds > LATE.outcome) {
      return {
        name,
        state: 'delayed',
        detail: `An answer has been missing for ${inWords(seconds)}. Nothing is sent twice; it is asked for until it is known.`,
      }
    }
    if (known.blocked) return { name, state: 'delayed', detail: known.blocked }
    return { name, ...comparison(known.compared) }
  })
}

function comparison(compared: Date | null): Pick<Part, 'state' | 'detail'> {
  if (!compared) {
    return { state: 'working', detail: 'No answer is missing. Records are first compared tonight.' }
  }
  const seconds = age(compared)
  return seconds > LATE_COMPARISON * 3600
    ? {
        state: 'delayed',
        detail: `No answer is missing, but our records were last compared with theirs ${inWords(seconds)} ago.`,
      }
    : {
        state: 'working',
        detail: `No answer is missing. Our records were compared with theirs ${inWords(seconds)} ago.`,
      }
}

/** `Stripe`, or `PayPal and Venmo`. */
function namesOn(rail: Rail): string {
  return offeredProviders()
    .filter((provider) => provider.rail === rail)
    .map(({ name }) => PROVIDER_NAMES[name])
    .join(' and ')
}

/** The worst of several; what is not known is worse than what works, and better than what does not. */
export function worst(states: State[]): State {
  const order: State[] = ['down', 'delayed', 'unknown', 'working']
  return order.find((state) => states.includes(state)) ?? 'unknown'
}

function age(since: Date | null): number {
  return since ? (Date.now() - since.getTime()) / 1000 : 0
}

/** Roughly: nobody needs to know how much there is to do. */
export function inWords(seconds: number): string {
  const [unit, size] =
    UNITS.find(([, length]) => seconds >= 2 * length) ?? (['minute', 60] as const)
  const number = Math.max(1, Math.round(seconds / size))
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
] as const
