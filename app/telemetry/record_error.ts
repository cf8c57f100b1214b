import { SpanStatusCode, trace, type Span } from '@opentelemetry/api'
import { fingerprintOf, messageOf, typeOf } from '#telemetry/fingerprint'
import { counter } from '#telemetry/instruments'
import { currentScope } from '#telemetry/scope'

/** What failures are known already, and the spans that have them. */
const recorded = new WeakMap<object, { fingerprint: string; spans: WeakSet<Span> }>()

let errors: ReturnType<typeof counter> | undefined

/**
 * Records a failure that nobody expected: counted by what it has in common with others of its cause, and as an
 * exception of the span. One failure counts once, however many places it passes.
 *
 * @param where what failed, if that is not the request or job at hand
 * @returns the fingerprint
 */
export function recordError(
  error: unknown,
  where?: 'provider',
  span: Span | undefined = trace.getActiveSpan()
): string {
  const key = typeof error === 'object' && error !== null ? error : {}
  let known = recorded.get(key)
  if (!known) {
    known = { fingerprint: fingerprintOf(error), spans: new WeakSet() }
    recorded.set(key, known)
    errors ??= counter('safesend.errors')
    errors.add(1, {
      fingerprint: known.fingerprint,
      type: typeOf(error),
      where: where ?? whereNow(),
    })
  }
  if (span && !known.spans.has(span)) {
    known.spans.add(span)
    addException(span, error, known.fingerprint)
  }
  return known.fingerprint
}

function whereNow(): string {
  const { job, request_id: request } = currentScope()
  if (job) return 'job'
  return request ? 'request' : 'process'
}

function addException(span: Span, error: unknown, fingerprint: string): void {
  const type = typeOf(error)
  const { message, stack } = error instanceof Error ? error : new Error(messageOf(error))
  span.addEvent('exception', {
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': stack ?? '',
    'error.fingerprint': fingerprint,
  })
  span.setAttribute('error.fingerprint', fingerprint)
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
