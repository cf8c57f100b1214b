import type { AttributeValue, Attributes } from '@opentelemetry/api'
import type { LogRecordProcessor, SdkLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { scrubText } from '#telemetry/scrub_text'

/**
 * What may leave in a span: a list of what is known to be harmless, since instrumentations add what they
 * like, such as clients' addresses and the query strings of links that let somebody in.
 */
const SPAN_ATTRIBUTES = new Set([
  'request_id',
  'transaction_id',
  'inbox_event_id',
  'job',
  'job_id',
  'attempt',
  'provider',
  'provider.operation',
  'provider.idempotency_key',
  'provider.request_id',
  'provider.result',
  'provider.code',
  'error.type',
  'error.fingerprint',
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.scheme',
  'url.full',
  'server.address',
  'server.port',
  'db.system',
  'db.system.name',
  'db.operation.name',
  'db.statement',
  'db.query.text',
  'messaging.system',
  'messaging.destination.name',
  'messaging.operation.type',
])

function keep(attributes: Attributes, isAllowed: (name: string, value: unknown) => boolean): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!isAllowed(name, value)) delete attributes[name]
    else if (typeof value === 'string') attributes[name] = cleaned(name, value)
  }
}

function cleaned(name: string, value: string): AttributeValue {
  return scrubText(name === 'url.full' ? value.replace(/[?#].*$/s, '') : value)
}

/** The first of all processors: what comes after it sees only what is left. */
export const scrubSpans: SpanProcessor = {
  onStart() {},
  onEnd(span: ReadableSpan) {
    const isAllowed = (name: string) => SPAN_ATTRIBUTES.has(name)
    keep(span.attributes, isAllowed)
    // A failed query is an exception of its query, by its instrumentation, and of who asked: once is enough.
    const events = span.events.filter(
      ({ name, attributes }) => name !== 'exception' || attributes?.['error.fingerprint']
    )
    span.events.splice(0, span.events.length, ...events)
    for (const { attributes } of events) if (attributes) keep(attributes, isAllowed)
    if (span.status.message) span.status.message = scrubText(span.status.message)
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}

const LOG_ATTRIBUTE =
  /^(request_id|transaction_id|job|error\..*|exception\..*|code|kind|rail|provider|\w*(_id|Id))$/

/**
 * Log lines leave with their message, our ids, and numbers; what else a line holds may be about people and
 * stays in the log of the process. An error that the span at hand has already is only named here, since
 * Application Insights would count it twice.
 */
export const scrubLogs: LogRecordProcessor = {
  onEmit(record: SdkLogRecord) {
    const attributes = record.attributes as Attributes
    if (record.spanContext) nameOnly(attributes)
    if (attributes.transactionId) attributes.transaction_id = attributes.transactionId
    delete attributes.transactionId
    keep(attributes, (name, value) => typeof value !== 'object' && isHarmless(name, value))
    if (typeof record.body === 'string') record.setBody(scrubText(record.body))
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}

function isHarmless(name: string, value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || LOG_ATTRIBUTE.test(name)
}

function nameOnly(attributes: Attributes): void {
  for (const name of ['type', 'message', 'stacktrace']) {
    const value = attributes[`exception.${name}`]
    if (value === undefined) continue
    delete attributes[`exception.${name}`]
    attributes[`error.${name}`] = value
  }
}
