import { createServer } from 'node:net'

/**
 * A TCP port of 127.0.0.1 that nothing listens on.
 *
 * @param preferred taken if it is free, so that addresses stay the same from run to run
 */
export async function freePort(preferred = 0): Promise<number> {
  try {
    return await tryPort(preferred)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (preferred !== 0 && (code === 'EADDRINUSE' || code === 'EACCES')) return freePort()
    throw error
  }
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const taken = typeof address === 'object' && address ? address.port : port
      server.close(() => resolve(taken))
    })
  })
}
