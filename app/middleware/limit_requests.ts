import { createHash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import logger from '@adonisjs/core/services/logger'
import { errors, type LimiterResponse } from '@adonisjs/limiter'
import limiter from '@adonisjs/limiter/services/main'
import env from '#start/env'
import { Problem } from '#exceptions/problem'
import { clientNetwork } from '#middleware/client_network'

/**
 * What a rule counts by:
 *
 *     ip             the client's network (`clientNetwork`)
 *     account        the signed-in user; nobody is counted while nobody is signed in
 *     address        the e-mail address that the body names, whether or not it has an account
 *     address_at_ip  that address, called from that network
 */
export type CountedBy = 'ip' | 'account' | 'address' | 'address_at_ip'

export interface Rule {
  by: CountedBy
  requests: number
  /** From the first request on; then the count begins anew. */
  seconds: number
  /** Whom the rule, once it would refuse, lets pass after all. */
  except?(ctx: HttpContext): Promise<boolean>
}

export type Limit = (ctx: HttpContext, next: NextFn) => Promise<unknown>

/** How long Redis is not asked again after it has failed. */
const PAUSE_MS = 5000

const redis = { failing: false, pausedUntil: 0 }

/**
 * Middleware that lets a client do only so much. Rules are counted in order, and what one refuses is not
 * counted by those after it: so a client that is out of its own requests uses up nobody else's.
 *
 * @param name of what is limited; routes with the same name count together
 * @throws Problem 429 `too_many_requests` with `Retry-After`
 */
export function limitRequests(name: string, rules: Rule[]): Limit {
  return async (ctx, next) => {
    for (const rule of rules) {
      const key = keyOf(rule.by, ctx)
      if (key === undefined) continue
      const counted = await count(`${name}:${rule.by}:${key}`, rule)
      if (!counted.exceeded) describe(rule, counted, ctx)
      else if (!(await rule.except?.(ctx))) throw refuse(counted, ctx)
    }
    return next()
  }
}

/**
 * Middleware like `limitRequests` for one rule, which counts only what is refused: a request counts while
 * it is looked at, and no more once it has succeeded.
 */
export function limitRefused(name: string, rule: Rule): Limit {
  return async (ctx, next) => {
    const key = `${name}:${rule.by}:${keyOf(rule.by, ctx)}`
    const counted = await count(key, rule)
    if (counted.exceeded) throw refuse(counted, ctx)
    await next()
    if (ctx.response.getStatus() < 400) await counted.takeBack()
  }
}

/** One limit inside another: what the first refuses the second does not count. */
export function both(first: Limit, second: Limit): Limit {
  return (ctx, next) => first(ctx, async () => second(ctx, next))
}

/**
 * Whether something that is no request of its own may be done once more, by all clients together.
 *
 * @param name of what is limited
 */
export async function isAllowed(
  name: string,
  rule: { requests: number; seconds: number }
): Promise<boolean> {
  const { exceeded } = await count(`${name}:all`, rule)
  return !exceeded
}

function keyOf(by: CountedBy, { request, auth }: HttpContext): string | undefined {
  if (by === 'ip') return clientNetwork(request.ip())
  if (by === 'account') return auth?.user?.id
  const address = mailAddress(request.input('email'))
  if (address === undefined) return undefined
  // Hashed: of any length when it comes, and nothing that anybody should read in Redis.
  const hash = createHash('sha256').update(address).digest('base64url')
  return by === 'address' ? hash : `${hash}:${clientNetwork(request.ip())}`
}

/** An address as the validators make it, so that none counts as two. */
export function mailAddress(input: unknown): string | undefined {
  return typeof input === 'string' ? input.trim().toLowerCase() : undefined
}

interface Counted extends Pick<LimiterResponse, 'limit' | 'remaining' | 'availableIn'> {
  exceeded: boolean
  /** Makes it as if this request had not been counted. */
  takeBack(): Promise<unknown>
}

/**
 * Counts one request. When Redis does not answer, no limit is lifted and nobody is locked out: this
 * process counts alone until Redis is back, as it does where there is none.
 */
async function count(
  key: string,
  { requests, seconds }: Pick<Rule, 'requests' | 'seconds'>
): Promise<Counted> {
  const factor = env.get('LIMITS_FACTOR') ?? 1
  const options = { requests: Math.ceil(requests * factor), duration: seconds }
  if (limiter.config.default === 'memory' || Date.now() < redis.pausedUntil) {
    return consume('memory', key, options)
  }
  // While it fails, one request at a time finds out whether it still does.
  if (redis.failing) redis.pausedUntil = Date.now() + PAUSE_MS
  try {
    const counted = await consume('redis', key, options)
    Object.assign(redis, { failing: false, pausedUntil: 0 })
    return counted
  } catch (error) {
    if (!redis.failing) {
      logger.warn({ err: error }, 'Redis does not count requests; this process counts alone')
    }
    Object.assign(redis, { failing: true, pausedUntil: Date.now() + PAUSE_MS })
    return consume('memory', key, options)
  }
}

async function consume(
  store: 'redis' | 'memory',
  key: string,
  options: { requests: number; duration: number }
): Promise<Counted> {
  const counter = limiter.use(store, options)
  // Of no use to anybody but a client that has just been served: it is not worth a failure.
  const takeBack = () => counter.decrement(key).catch(() => {})
  try {
    const { limit, remaining, availableIn } = await counter.consume(key)
    return { exceeded: false, limit, remaining, availableIn, takeBack }
  } catch (error) {
    if (!(error instanceof errors.E_TOO_MANY_REQUESTS)) throw error
    const { limit, availableIn } = error.response
    return { exceeded: true, limit, remaining: 0, availableIn, takeBack }
  }
}

/**
 * Tells the caller of the rule that leaves least. Not of those by address: they would show whether
 * somebody else is trying it.
 */
function describe(rule: Rule, { limit, remaining, availableIn }: Counted, ctx: HttpContext): void {
  if (rule.by === 'address' || rule.by === 'address_at_ip') return
  const before = ctx.response.getHeader('x-ratelimit-remaining')
  if (before !== undefined && Number(before) <= remaining) return
  ctx.response.header('x-ratelimit-limit', limit)
  ctx.response.header('x-ratelimit-remaining', remaining)
  ctx.response.header('x-ratelimit-reset', Math.max(1, availableIn))
}

function refuse(counted: Counted, { response }: HttpContext): Problem {
  const seconds = Math.max(1, counted.availableIn)
  response.header('x-ratelimit-limit', counted.limit)
  response.header('x-ratelimit-remaining', 0)
  response.header('x-ratelimit-reset', seconds)
  return new Problem(`Too many requests. Try again in ${inWords(seconds)}.`, {
    code: 'too_many_requests',
    status: 429,
    extra: { retry_after: seconds },
  })
}

/** A wait as people say it, never less than it is. */
function inWords(seconds: number): string {
  const [size, unit] =
    seconds >= 7200 ? [3600, 'hour'] : seconds >= 120 ? [60, 'minute'] : [1, 'second']
  const units = Math.ceil(seconds / Number(size))
  return `${units} ${unit}${units === 1 ? '' : 's'}`
}
