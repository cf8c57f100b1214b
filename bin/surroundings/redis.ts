import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { holdOnLeash, letGo } from './leash.js'
import { freePort } from './ports.js'
import { ended, signal } from './process_table.js'
import { waitFor } from './wait.js'

export interface RedisOptions {
  /** Taken if it is free: to come back where one was that has ended. */
  port?: number
}

export interface Redis {
  port: number
  /** For `REDIS_URL`. */
  url: string
  pid: number
  /** Ends it at once; there is nothing to write down. */
  stop(): Promise<void>
}

/**
 * Starts the machine's redis-server on a port of its own. It keeps nothing: a new one is empty.
 *
 * @throws Error naming the package to install if the machine has none
 */
export async function startRedis({ port: preferred }: RedisOptions = {}): Promise<Redis> {
  const port = await freePort(preferred)
  const settings = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no' }
  const server = spawn(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    // Out of reach of the terminal's Ctrl-C, which would end it before those who use it.
    { detached: true, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] }
  )
  let said = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
  }
  let exit: string | undefined
  server.once('error', (error) => (exit = error.message))
  server.once('exit', (code, name) => (exit ??= String(code ?? name)))
  const { pid } = server
  if (!pid) {
    await once(server, 'error')
    throw new Error(`redis-server does not run (${exit}). Install it: bin/setup --tests`)
  }
  holdOnLeash('group', pid)

  let stopping: Promise<void> | undefined
  const end = async () => {
    signal(pid, 'SIGKILL')
    await ended(pid, 5000)
    letGo(pid)
  }
  const redis = { port, url: `redis://127.0.0.1:${port}/0`, pid, stop: () => (stopping ??= end()) }
  try {
    await waitFor(
      'Redis to answer',
      async () => {
        if (exit !== undefined) throw new Error(`redis-server ended at once (${exit}):\n${said}`)
        return ping(port)
      },
      { everyMs: 20 }
    )
  } catch (error) {
    await redis.stop()
    throw error
  }
  // It must not keep us alive; the leash ends it when we are gone.
  server.unref()
  for (const stream of [server.stdout, server.stderr]) {
    ;(stream as unknown as { unref?(): void }).unref?.()
  }
  return redis
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    socket.once('data', (data) => resolve(String(data).startsWith('+PONG')))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })
}
