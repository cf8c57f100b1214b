import type { ApplicationService } from '@adonisjs/core/types'

/**
 * Says once when Redis is lost and once when it is back. The framework would say so at every attempt
 * to connect, and call it fatal, which it is not: SafeSend goes on without.
 */
export default class RedisLogProvider {
  constructor(private app: ApplicationService) {}

  async boot() {
    const { redisServer } = await import('#config/redis')
    if (!redisServer) return
    const redis = await this.app.container.make('redis')
    const logger = await this.app.container.make('logger')
    redis.doNotLogErrors()
    redis.on('connection', (connection) => {
      let lost = false
      const onError = ({ error }: { error: unknown }) => {
        if (!lost) logger.error({ err: error }, `Redis is lost (${connection.connectionName})`)
        lost = true
      }
      connection.on('error', onError)
      connection.on('subscriber:error', onError)
      connection.on('ready', () => {
        if (lost) logger.info(`Redis is back (${connection.connectionName})`)
        lost = false
      })
    })
  }
}
