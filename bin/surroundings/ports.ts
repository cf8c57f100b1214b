import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** What this process has taken. The system lets go of it when the process ends, however it does. */
const taken = new Map<number, Socket>()

/**
 * A TCP port of 127.0.0.1 that nothing listens on, and that no other command of ours takes while this
 * process lives: there may be a minute between here and the server that listens on it.
 *
 * What other commands see is the UDP port of the same number, which is not used otherwise. Whoever
 * knows nothing of that can still listen on the TCP port first; then our server does not start.
 *
 * @param preferred taken if it is free, so that addresses stay the same from run to run
 */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred)) && (await take(preferred))) return preferred
  for (;;) {
    const port = await listenOnce(0)
    if (!taken.has(port) && (await take(port))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE' || code === 'EACCES') return false
    throw error
  }
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : wanted
      server.close(() => resolve(port))
    })
  })
}

/** @returns false if another process has it */
async function take(port: number): Promise<boolean> {
  // One that comes back where it was.
  if (taken.has(port)) return true
  const socket = createSocket('udp4')
  try {
    socket.bind({ port, address: '127.0.0.1', exclusive: true })
    await once(socket, 'listening')
  } catch {
    socket.close()
    return false
  }
  socket.unref()
  taken.set(port, socket)
  return true
}
