/** Whether telemetry goes anywhere: `bin/otel.ts` has started it then, before this was asked. */
export function isTelemetryOn(): boolean {
  const { APPLICATIONINSIGHTS_CONNECTION_STRING, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env
  return Boolean(APPLICATIONINSIGHTS_CONNECTION_STRING || OTEL_EXPORTER_OTLP_ENDPOINT)
}

/** A process that is told to end has other things to do than to wait for who takes telemetry. */
const LONGEST_MS = 5000

/** Sends what is left. Never fails and never waits long: telemetry holds nobody up. */
export async function stopTelemetry(): Promise<void> {
  const { OtelManager } = await import('@adonisjs/otel/manager')
  const stopped = OtelManager.getInstance()
    ?.shutdown()
    .catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LONGEST_MS)))
  await Promise.race([stopped, late])
  clearTimeout(timer)
}
