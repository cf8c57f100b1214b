import { context, isSpanContextValid, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api'
import { currentScope, type Scope } from '#telemetry/scope'

/** Where a job's data says what caused it. What an older release queued has no such member. */
const CAUSE = '_cause'

interface Cause {
  request_id?: string
  /** As in the header of W3C Trace Context. */
  traceparent?: string
}

/** A job's data, with the request that it is caused by and the trace that it belongs to. */
export function withCause<Data extends object>(data: Data): Data {
  const cause: Cause = {}
  const { request_id: requestId } = currentScope()
  if (requestId) cause.request_id = requestId
  const span = trace.getSpanContext(context.active())
  if (span && isSpanContextValid(span)) {
    const flags = span.traceFlags.toString(16).padStart(2, '0')
    cause.traceparent = `00-${span.traceId}-${span.spanId}-${flags}`
  }
  return Object.keys(cause).length > 0 ? { ...data, [CAUSE]: cause } : data
}

/** The reverse: a job's own data, the ids of what caused it, and the context for the job's span. */
export function readCause<Data extends object>(
  stored: Data
): { data: Data; scope: Scope; parent: Context } {
  const { [CAUSE]: cause, ...data } = stored as Data & { [CAUSE]?: Cause }
  const { request_id: requestId, traceparent } = cause ?? {}
  return {
    data: data as unknown as Data,
    scope: typeof requestId === 'string' ? { request_id: requestId } : {},
    parent: contextOf(traceparent),
  }
}

function contextOf(traceparent: unknown): Context {
  const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(traceparent))
  if (!parts) return ROOT_CONTEXT
  const [, traceId, spanId, flags] = parts
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  })
}
