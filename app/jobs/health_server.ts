import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { revision } from '#config/app'

/** A worker that tells over HTTP that it runs, for platforms that ask every container. */
export interface HealthServer {
  port: number
  stop(): Promise<void>
}

/**
 * Answers `GET /health/live` as the web server does, and 404 to all else. Only who looks after the
 * process may reach it: it knows no limits.
 *
 * @param port 0 for any that is free
 * @throws Error when it cannot listen there
 */
export async function serveHealth(port: number): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const asked = ['GET', 'HEAD'].includes(request.method ?? '') && request.url === '/health/live'
    response.writeHead(asked ? 200 : 404, { 'content-type': 'application/json' })
    response.end(asked ? JSON.stringify({ status: 'ok', revision }) : '{"status":"not_found"}')
  })
  server.listen(port, '0.0.0.0')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
