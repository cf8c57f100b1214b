import { Exception } from '@adonisjs/core/exceptions'

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
