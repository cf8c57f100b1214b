import env from '#start/env'
import { defineConfig } from '@adonisjs/redis'
import type { InferConnections } from '@adonisjs/redis/types'
import { readRedisUrl } from '#start/redis_url'

const url = env.get('REDIS_URL')?.release().trim()

/**
 * Where Redis is, or undefined: SafeSend runs without. What several web processes would share by it,
 * each of them then keeps for itself.
 */
export const redisServer = url ? readRedisUrl(url) : undefined

/** A connection is opened by who first uses it: without Redis, and in most commands, there is none. */
const redisConfig = defineConfig({
  connection: 'main',
  connections: {
    main: { ...redisServer },
    /**
     * Requests wait for this one: it must say soon that Redis does not answer, and must not repeat
     * later what nobody waits for any more.
     */
    limiter: {
      ...redisServer,
      connectTimeout: 2000,
      commandTimeout: 250,
      maxRetriesPerRequest: 0,
    },
  },
})

export default redisConfig

declare module '@adonisjs/redis/types' {
  export interface RedisConnections extends InferConnections<typeof redisConfig> {}
}
