import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { BatchObservableResult, ObservableGauge } from '@opentelemetry/api'
import { readBusiness } from '#telemetry/business'
import { GAUGES, meter, type GaugeName } from '#telemetry/instruments'
import { Leader } from '#telemetry/leader'

/**
 * Tells how business stands, at each look at the metrics, until the application ends. Of all workers one does:
 * it is the same for all of them, and added up it would be wrong. Not a web process, of which there are many,
 * and not a job: when the queue stands still, this is what says so.
 */
export function measureBusiness(): void {
  const leader = new Leader()
  let stopped = false
  const gauges = new Map<GaugeName, ObservableGauge>()
  for (const [name, [unit, description]] of Object.entries(GAUGES)) {
    gauges.set(name as GaugeName, meter().createObservableGauge(name, { unit, description }))
  }
  const observe = async (result: BatchObservableResult) => {
    if (stopped) return
    try {
      if (!(await leader.isUs())) return
      for (const { gauge, value, attributes } of await readBusiness()) {
        result.observe(gauges.get(gauge)!, value, attributes)
      }
    } catch (error) {
      logger.warn({ err: error }, 'how business stands cannot be told now')
    }
  }
  meter().addBatchObservableCallback(observe, [...gauges.values()])
  app.terminating(async () => {
    stopped = true
    await leader.stop()
  })
}
