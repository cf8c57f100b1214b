/**
 * Telemetry, started before anything that it watches is loaded: it has to be the first import of a process.
 * Without a destination in the environment of the process, nothing of it is loaded.
 *
 * @throws Error naming the variables if what they hold is no destination
 */
export async function startTelemetry(service: 'web' | 'worker'): Promise<void> {
  const { APPLICATIONINSIGHTS_CONNECTION_STRING, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env
  if (!APPLICATIONINSIGHTS_CONNECTION_STRING && !OTEL_EXPORTER_OTLP_ENDPOINT) return
  process.env.OTEL_SERVICE_NAME ||= `safesend-${service}`
  try {
    const { init } = await import('@adonisjs/otel/init')
    await init(new URL('../', import.meta.url).pathname)
  } catch (cause) {
    throw new Error(
      'Telemetry cannot start: look at APPLICATIONINSIGHTS_CONNECTION_STRING (InstrumentationKey=…;IngestionEndpoint=https://…) and OTEL_EXPORTER_OTLP_ENDPOINT (http://…).',
      { cause }
    )
  }
}
