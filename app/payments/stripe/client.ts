import Stripe from 'stripe'
import env from '#start/env'
import { noteProviderRequest } from '#telemetry/provider_calls'
import { asUnknown, failureOf, malformedAnswer } from './errors.js'

const TIMEOUT_MS = 20_000

/** Where Stripe is and who we are there, as the environment has it now. */
function settings() {
  return {
    secretKey: env.get('STRIPE_SECRET_KEY').release(),
    base: env.get('STRIPE_API_BASE') ?? 'https://api.stripe.com',
    timeout: env.get('STRIPE_TIMEOUT_MS') ?? TIMEOUT_MS,
  }
}

let current: { made: string; stripe: Stripe } | undefined

/**
 * The SDK, pointed at `STRIPE_API_BASE`. It does not retry by itself: we do, with our own keys, which
 * outlive the process. (It still repeats a request once whose connection was closed; that is safe
 * because the key is the same.)
 */
export function stripeClient(): Stripe {
  const { secretKey, base, timeout } = settings()
  const made = `${secretKey} ${base} ${timeout}`
  if (current?.made !== made) {
    const { hostname, port, protocol } = new URL(base)
    const stripe = new Stripe(secretKey, {
      host: hostname,
      protocol: protocol === 'http:' ? 'http' : 'https',
      port: port || (protocol === 'http:' ? 80 : 443),
      timeout,
      maxNetworkRetries: 0,
      telemetry: false,
      appInfo: { name: 'SafeSend' },
    })
    current = { made, stripe }
  }
  return current.stripe
}

/** Whether our key moves real money. Test and live objects live in different worlds. */
export function isLiveMode(): boolean {
  return /^(sk|rk)_live_/.test(settings().secretKey)
}

/**
 * Waits for an answer and makes sure that it is one: the SDK takes any JSON without an `error` member
 * for success, also a proxy's `{}` or a 404 in another shape.
 *
 * @param object what the answer must be, as in its `object` member
 * @throws ProviderFailure for everything else
 */
export async function ask<T extends { object: string }>(
  object: T['object'],
  call: () => Promise<Stripe.Response<T>>
): Promise<Stripe.Response<T>> {
  let answer: Stripe.Response<T>
  try {
    answer = await call()
  } catch (error) {
    noteProviderRequest((error as { requestId?: string })?.requestId)
    throw failureOf(error)
  }
  noteProviderRequest(answer?.lastResponse?.requestId)
  if (answer?.object !== object) throw malformedAnswer(object)
  return answer
}

/**
 * Reads an object. A refusal to show it says nothing about what happened to it (a wrong key hides
 * everything), so reading never answers `declined`.
 *
 * @throws ProviderFailure `unknown` or `retry`
 */
export async function look<T extends { object: string }>(
  object: T['object'],
  call: () => Promise<Stripe.Response<T>>
): Promise<Stripe.Response<T>> {
  return ask(object, call).catch((error) => {
    throw asUnknown(error)
  })
}

/**
 * Whether the answer is the frozen one of an earlier request with the same key: true of the moment
 * then, not of now.
 */
export function isReplay(answer: Stripe.Response<object>): boolean {
  return answer.lastResponse?.headers?.['idempotent-replayed'] === 'true'
}

/** All objects of a list, page by page. @throws ProviderFailure `unknown` or `retry` */
export async function* everyOf<T>(list: () => AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* list()
  } catch (error) {
    throw asUnknown(failureOf(error))
  }
}
