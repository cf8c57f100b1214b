import { mock } from 'node:test'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import limiter from '@adonisjs/limiter/services/main'
import type { Group } from '@japa/runner/core'
import env from '#start/env'

/** The limits as they are in production, for the tests of a group; everything else runs on wide ones. */
export function useRealLimits(group: Group): void {
  group.each.setup(async () => {
    const wide = env.get('LIMITS_FACTOR')
    await scaleLimits(1)
    return async () => {
      await scaleLimits(wide!)
      await limiter.clear(['memory'])
    }
  })
}

/** Multiplies every limit, in processes that are started then, too, and forgets what was counted. */
export async function scaleLimits(factor: number): Promise<void> {
  env.set('LIMITS_FACTOR', String(factor))
  await limiter.clear(['memory'])
}

/** Does something in the future. Of the clock, only what a process can ask is there, not its timers. */
export async function inSeconds<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + seconds * 1000 })
  try {
    return await work()
  } finally {
    mock.timers.reset()
  }
}

export interface Call {
  method?: string
  path: string
  body?: unknown
  headers?: Record<string, string>
  /** Of 127.0.0.0/8: all of it is this machine, and each is another client. */
  from?: string
  /** Default: the server of the tests. */
  server?: string
}

/** Calls a server from an address of one's choice. */
export function callFrom({ method = 'GET', path, body, headers, from, server }: Call) {
  const url = new URL(path, server ?? `http://${process.env.HOST}:${process.env.PORT}`)
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise<{ status: number; headers: Record<string, any>; body: any }>(
    (resolve, reject) => {
      const sent = request(
        url,
        {
          method,
          localAddress: from,
          headers: {
            ...(text !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
            ...headers,
          },
        },
        async (answer) => {
          const { statusCode: status, headers: answered } = answer
          const read = status === 204 ? Promise.resolve(undefined) : json(answer)
          await read.then(
            (value) => resolve({ status: status!, headers: answered, body: value }),
            reject
          )
          answer.resume()
        }
      )
      sent.once('error', reject)
      sent.end(text)
    }
  )
}
