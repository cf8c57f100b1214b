import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { BatchLogRecordProcessor, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'

interface Exporters {
  traces: SpanExporter
  logs: LogRecordExporter
  metrics: PushMetricExporter
}

/**
 * What sends telemetry to each destination that the environment names.
 *
 * @param exportIntervalMillis between two looks at the metrics
 */
export async function sendTo(
  { APPLICATIONINSIGHTS_CONNECTION_STRING, OTEL_EXPORTER_OTLP_ENDPOINT }: NodeJS.ProcessEnv,
  exportIntervalMillis: number
) {
  const destinations = await Promise.all([
    APPLICATIONINSIGHTS_CONNECTION_STRING &&
      applicationInsights(APPLICATIONINSIGHTS_CONNECTION_STRING),
    OTEL_EXPORTER_OTLP_ENDPOINT && collector(),
  ])
  const all = destinations.filter((each) => typeof each === 'object')
  return {
    spanProcessors: all.map(({ traces }) => new BatchSpanProcessor(traces)),
    logRecordProcessors: all.map(({ logs }) => new BatchLogRecordProcessor({ exporter: logs })),
    metricReaders: all.map(
      ({ metrics }) =>
        new PeriodicExportingMetricReader({
          exporter: metrics,
          exportIntervalMillis,
          exportTimeoutMillis: Math.min(exportIntervalMillis, 30_000),
        })
    ),
  }
}

async function applicationInsights(connectionString: string): Promise<Exporters> {
  // It would report about itself to Microsoft, and look for the machine that it runs on.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT ||= 'true'
  const azure = await import('@azure/monitor-opentelemetry-exporter')
  // What cannot be sent is lost: nothing of it lies around on a disk.
  const options = { connectionString, disableOfflineStorage: true }
  return {
    traces: new azure.AzureMonitorTraceExporter(options),
    logs: new azure.AzureMonitorLogExporter(options),
    metrics: new azure.AzureMonitorMetricExporter(options),
  }
}

/** They read the standard variables themselves, such as `OTEL_EXPORTER_OTLP_HEADERS`. */
async function collector(): Promise<Exporters> {
  const [{ OTLPTraceExporter }, { OTLPLogExporter }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/exporter-logs-otlp-http'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
  ])
  return {
    traces: new OTLPTraceExporter(),
    logs: new OTLPLogExporter(),
    metrics: new OTLPMetricExporter(),
  }
}
