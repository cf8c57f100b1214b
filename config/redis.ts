import env from '#start/env'
import { Exception } from '@adonisjs/core/exceptions'
import { defineConfig } from '@adonisjs/redis'
import type { InferConnections } from '@adonisjs/redis/types'

/** A Redis server, as ioredis wants to be told of it. */
export interface RedisServer {
  host: string
  port: number
  db: number
  username?: string
  password?: string
  /** Present for an encrypted connection, whose certificate must be valid for `host`. */
  tls?: { servername: string }
}

/**
 * Reads `redis://` and `rediss://` (TLS) addresses: `rediss://user:password@host:6379/0`.
 *
 * @throws Exception E_REDIS_URL, which does not repeat the address: it may hold a password
 */
export function readRedisUrl(text: string): RedisServer {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const db = /^\/?(\d*)$/.exec(url?.pathname ?? '')?.[1]
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || !url.hostname || db === undefined) {
    throw new Exception(
      'REDIS_URL must be an address such as redis://localhost:6379/0, or rediss://… for TLS.',
      { code: 'E_REDIS_URL' }
    )
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host,
    port: Number(url.port || 6379),
    db: Number(db),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
  }
}

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
