import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ApplicationService } from '@adonisjs/core/types'

/** What still runs after everything has been closed is not waited for any longer. */
const LAST_MS = 2000

const idle: (() => void)[] = []
/** Connections that have not asked for anything yet. Node does not count them as idle. */
const unasked = new Set<Socket>()
let served: Server | undefined
let stopping = false

/** Whether this process has been told to stop: nobody should send it anything new. */
export const isStopping = (): boolean => stopping

/** For what would never end by itself: told when no new connection is taken any more. */
export function whenStopping(callback: () => void): void {
  idle.push(callback)
}

/** For a server that is to stop in order: it is not held up by who has connected and says nothing. */
export function watchConnections(server: Server): void {
  served = server
  server.on('connection', (socket) => {
    unasked.add(socket)
    socket.once('close', () => unasked.delete(socket))
  })
  server.on('request', ({ socket }) => unasked.delete(socket))
}

/**
 * Stops in order at SIGTERM or SIGINT; a second one ends the process at once.
 *
 *     signal ── readiness says no ── STOP_GRACE_SECONDS ── no new connections, streams end
 *            ── requests are answered, for STOP_TIMEOUT_SECONDS at most ── everything is closed ── exit
 *
 * Exits with 0; with 1 if a request was cut off, or something would not end.
 */
export function stopOnSignals(app: ApplicationService): void {
  const onSignal = () => {
    if (stopping) process.exit(1)
    stopping = true
    void stop(app)
  }
  app.listen('SIGTERM', onSignal)
  app.listen('SIGINT', onSignal)
}

async function stop(app: ApplicationService): Promise<void> {
  try {
    // It answers a moment before the application calls itself ready.
    if (served?.listening) await drain(served)
    await app.terminate()
  } catch (error) {
    process.exitCode = 1
    console.error(error instanceof Error ? error.message : 'It does not stop in order.')
  }
  // Not waited for: whoever has nothing left to do ends before.
  setTimeout(() => process.exit(process.exitCode ?? 0), LAST_MS).unref()
}

/**
 * Lets who balances the load notice, then takes nothing new and answers what is under way. Before the
 * application terminates: requests need all of it until they are answered.
 */
async function drain(server: Server): Promise<void> {
  const { default: env } = await import('#start/env')
  await wait((env.get('STOP_GRACE_SECONDS') ?? 0) * 1000)
  const closed = new Promise((resolve) => server.close(resolve))
  for (const end of idle) end()
  // A connection that is kept alive is idle only once its request is answered.
  const began = Date.now()
  const closing = setInterval(() => {
    server.closeIdleConnections()
    for (const socket of unasked) {
      // Who has begun to ask gets to the end of it, if that takes a moment only.
      if (socket.bytesRead === 0 || Date.now() - began > LAST_MS) socket.destroy()
    }
  }, 50)
  const cut = setTimeout(
    () => {
      process.exitCode = 1
      server.closeAllConnections()
      // Its handler may hold what terminating would wait for.
      setTimeout(() => process.exit(1), LAST_MS).unref()
    },
    (env.get('STOP_TIMEOUT_SECONDS') ?? 25) * 1000
  )
  await closed
  clearInterval(closing)
  clearTimeout(cut)
}
