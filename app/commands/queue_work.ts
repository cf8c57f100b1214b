import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { serveHealth } from '#jobs/health_server'
import { startWorker } from '#jobs/queue'
import { checkLiveMoney } from '#start/live_money'
import { isTelemetryOn } from '#telemetry/lifecycle'

export default class QueueWork extends BaseCommand {
  static commandName = 'queue:work'
  static description = 'Work the job queue and its schedule until told to stop'
  static help = [
    'Any number of these may run side by side; a job is worked by one of them.',
    'SIGTERM or SIGINT stops it: running jobs are finished, then it exits with 0.',
  ]

  static options: CommandOptions = { startApp: true, staysAlive: true }

  @flags.number({ description: 'Seconds that running jobs get to finish on stop', default: 30 })
  declare stopTimeout: number

  @flags.number({ description: 'Seconds between looks at an idle queue', default: 1 })
  declare polling: number

  @flags.number({ description: 'Answer GET /health/live at this port, once the queues are worked' })
  declare healthPort?: number

  async run() {
    try {
      await checkLiveMoney()
    } catch (error) {
      // The worker does not start on what a web server refuses, and says as much as that.
      this.exitCode = 1
      this.logger.error((error as Error).message)
      return this.terminate()
    }
    this.app.terminating(() => this.logger.info('worker stopped'))
    await startWorker({ stopTimeoutSeconds: this.stopTimeout, pollingSeconds: this.polling })
    if (this.healthPort !== undefined) {
      const health = await serveHealth(this.healthPort)
      this.app.terminating(() => health.stop())
    }
    if (isTelemetryOn()) {
      const { measureBusiness } = await import('#telemetry/measure_business')
      measureBusiness()
    }
    this.logger.info('worker ready')
  }
}
