import { defineConfig, stores } from '@adonisjs/limiter'
import type { InferLimiters } from '@adonisjs/limiter/types'
import { redisServer } from '#config/redis'

/**
 * Requests are counted in Redis where there is one, so that all web processes count together. Without,
 * each counts its own in memory: that is exact for one process, while in the database every request
 * would cost a write.
 */
const limiterConfig = defineConfig({
  default: redisServer ? 'redis' : 'memory',
  stores: {
    redis: stores.redis({ connectionName: 'limiter', keyPrefix: 'safesend:limit' }),
    memory: stores.memory({}),
  },
})

export default limiterConfig

declare module '@adonisjs/limiter/types' {
  export interface LimitersList extends InferLimiters<typeof limiterConfig> {}
}
