import type { HttpContext } from '@adonisjs/core/http'
import { revision } from '#config/app'
import { readiness } from '#start/health'
import { isStopping } from '#start/stopping'

export default class HealthController {
  /**
   * The process runs and answers. Says nothing about what it depends on: restarting it would mend
   * none of that.
   */
  live() {
    return { status: 'ok', revision }
  }

  /**
   * Whether requests should be sent here. Names what is wrong; the log has the reasons. What is a warning
   * takes nobody out of rotation: all processes would go at once, over what they can do without.
   */
  async ready({ response, logger }: HttpContext) {
    if (isStopping()) {
      response.status(503)
      return { status: 'failed', checks: { process: 'stopping' } }
    }
    const { isHealthy, checks } = await readiness.run()
    for (const { name, status, meta } of checks) {
      if (status === 'error') logger.error({ err: meta?.error }, `not ready: ${name}`)
    }
    if (!isHealthy) response.status(503).header('Retry-After', '5')
    return {
      status: isHealthy ? 'ok' : 'failed',
      checks: Object.fromEntries(checks.map(({ name, status }) => [name, status])),
    }
  }
}
