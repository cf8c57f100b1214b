import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api'
import { validate as isUuid } from 'uuid'
import { Problem } from '#exceptions/problem'
import { ProviderFailure, type Provider } from '#payments/provider'
import { duration } from '#telemetry/instruments'
import { recordError } from '#telemetry/record_error'

/** What asks nobody, or at most for a certificate. */
const ASK_NOBODY = new Set(['limitsFor', 'parseEvent', 'destinationOf', 'verifyWebhook'])

let histogram: ReturnType<typeof duration> | undefined
const durations = () => (histogram ??= duration('safesend.provider.duration'))

const ANSWER = { declined: 'refused', retry: 'retry', unknown: 'unknown' } as const

/**
 * A provider whose every call is a span: who was asked for what, under which key or for which transaction, and
 * how it ended. Nothing of what was sent or answered is in it.
 */
export function traced(provider: Provider): Provider {
  // Looked up at each call: what replaces a call of the provider replaces it here, too.
  const members = provider as unknown as Record<string, (...args: unknown[]) => unknown>
  const wrapped = Object.entries(provider).map(([name, member]) => [
    name,
    typeof member === 'function' && !ASK_NOBODY.has(name)
      ? (...args: unknown[]) => call(provider.name, name, () => members[name](...args), args)
      : member,
  ])
  return Object.fromEntries(wrapped) as Provider
}

function call(provider: string, operation: string, ask: () => unknown, args: unknown[]): unknown {
  const span = trace
    .getTracer('safesend')
    .startSpan(`${provider} ${operation}`, { kind: SpanKind.CLIENT })
  span.setAttributes({ provider, 'provider.operation': operation, ...idsOf(args) })
  const started = performance.now()
  const end = (result: string) => {
    span.setAttribute('provider.result', result)
    span.end()
    durations().record((performance.now() - started) / 1000, {
      provider,
      operation,
      outcome: result,
    })
  }
  const here = trace.setSpan(context.active(), span)
  try {
    const answer = context.with(here, ask)
    if (isList(answer)) return readWithin(answer, here, span, end)
    return Promise.resolve(answer).then(
      (value) => {
        noteTransaction(span, value)
        end('ok')
        return value
      },
      (error) => fail(span, error, end)
    )
  } catch (error) {
    return fail(span, error, end)
  }
}

function isList(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}

/** A list asks page by page while it is read: the span is over when its reader is done. */
async function* readWithin(
  list: AsyncIterable<unknown>,
  here: ReturnType<typeof context.active>,
  span: Span,
  end: (result: string) => void
): AsyncGenerator<unknown> {
  const items = list[Symbol.asyncIterator]()
  let failed = false
  try {
    for (;;) {
      const { done, value } = await context.with(here, () => items.next())
      if (done) break
      yield value
    }
  } catch (error) {
    failed = true
    fail(span, error, end)
  } finally {
    if (!failed) {
      await items.return?.()
      end('ok')
    }
  }
}

function fail(span: Span, error: unknown, end: (result: string) => void): never {
  if (error instanceof ProviderFailure) span.setAttribute('provider.code', error.code)
  const isRefusal =
    error instanceof Problem || (error instanceof ProviderFailure && error.kind === 'declined')
  if (isRefusal) span.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' })
  else recordError(error, 'provider', span)
  end(error instanceof ProviderFailure ? ANSWER[error.kind] : isRefusal ? 'refused' : 'unknown')
  throw error
}

/** Which transaction is asked about, and under which key. */
function idsOf(args: unknown[]): Attributes {
  const ids: Attributes = {}
  for (const each of args) {
    if (typeof each === 'string' && isUuid(each)) ids.transaction_id = each
    if (typeof each !== 'object' || each === null) continue
    const { key, transactionId } = each as { key?: unknown; transactionId?: unknown }
    if (typeof key === 'string') ids['provider.idempotency_key'] = key
    if (typeof transactionId === 'string') ids.transaction_id = transactionId
  }
  return ids
}

/** What was fetched by the provider's id says itself which transaction it is. */
function noteTransaction(span: Span, answer: unknown): void {
  const { transactionId } = (answer ?? {}) as { transactionId?: unknown }
  if (typeof transactionId === 'string' && isUuid(transactionId)) {
    span.setAttribute('transaction_id', transactionId)
  }
}

/** The provider's own id of a request, by which its support finds it. The call at hand gets it. */
export function noteProviderRequest(id: string | undefined): void {
  if (id) trace.getActiveSpan()?.setAttribute('provider.request_id', id)
}
