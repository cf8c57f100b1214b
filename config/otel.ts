import { defineConfig } from '@adonisjs/otel'
import { sendTo } from '#telemetry/destinations'
import { scrubLogs, scrubSpans } from '#telemetry/scrub'

// Read before `start/env`, which a moment later stops the start for what is not acceptable here.
const { NODE_ENV, REVISION, OTEL_METRIC_EXPORT_INTERVAL, OTEL_SAMPLING_RATIO } = process.env

// All others cost time at start, and watch what we do not use.
process.env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ||= 'http,undici,pg,ioredis,pino'

const { spanProcessors, logRecordProcessors, metricReaders } = await sendTo(
  process.env,
  Number(OTEL_METRIC_EXPORT_INTERVAL || 60_000)
)

const otelConfig = defineConfig({
  enabled: true,
  environment: NODE_ENV,
  serviceVersion: REVISION,
  samplingRatio: OTEL_SAMPLING_RATIO ? Number(OTEL_SAMPLING_RATIO) : 1,
  // First: what comes after it sees only what may leave.
  spanProcessors: [scrubSpans, ...spanProcessors],
  logRecordProcessors: [scrubLogs, ...logRecordProcessors],
  metricReaders,
  // A caller could choose our traces and whether they are kept, and providers need to know of none. What
  // goes from web to worker, the queue carries.
  textMapPropagator: null,
  userContext: false,
  resourceDetectors: [],
  instrumentations: {
    '@opentelemetry/instrumentation-http': {
      ignoredUrls: ['/assets'],
      requireParentforOutgoingSpans: true,
    },
    // Queues are looked at all the time; only what belongs to a request or a job is of interest.
    '@opentelemetry/instrumentation-pg': { enabled: true, requireParentSpan: true },
    '@opentelemetry/instrumentation-ioredis': { requireParentSpan: true },
    '@opentelemetry/instrumentation-undici': { requireParentforSpans: true },
  },
})

export default otelConfig
