/**
 * Telemetry, started before anything that it watches is loaded: it has to be the first import of a process.
 * Without a destination in the environment of the process, nothing of it is loaded.
 * What cannot be a destination stops the start a moment later, when `start/env` looks at all settings and names it;
 * any other failure is said, and SafeSend goes on without telemetry.
 */
export async function startTelemetry(service: 'web' | 'worker'): Promise<void> {
  const { APPLICATIONINSIGHTS_CONNECTION_STRING, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env
  if (!APPLICATIONINSIGHTS_CONNECTION_STRING && !OTEL_EXPORTER_OTLP_ENDPOINT) return
  process.env.OTEL_SERVICE_NAME ||= `safesend-${service}`
  try {
    const { init } = await import('@adonisjs/otel/init')
    await init(new URL('../', import.meta.url).pathname)
  } catch (error) {
    console.error(`Telemetry does not start: ${(error as Error).message}`)
  }
}
