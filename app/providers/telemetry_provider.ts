import { isTelemetryOn, stopTelemetry } from '#telemetry/lifecycle'

/**
 * Sends what is left before the process ends. Among the first providers: they shut down in this order, the
 * last one first, and until then there may be something to tell.
 */
export default class TelemetryProvider {
  async shutdown() {
    if (isTelemetryOn()) await stopTelemetry()
  }
}
