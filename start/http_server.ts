import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { closeAnswer } from '#middleware/answer_headers'
import env from '#start/env'
import { watchConnections } from '#start/stopping'

/** 100 MB at half a megabit per second. Who sends nothing in between is cut off by `receiveFile`. */
const WITH_FILE_MS = 30 * 60 * 1000

/** Node drops what is beyond 2,000 headers without a word, and `Authorization` might be there. */
const MAX_HEADERS = 100
const MAX_URL = 8 * 1024

/** The requests whose bodies have not come yet, and what ends each that takes too long. */
const arriving = new WeakMap<IncomingMessage, NodeJS.Timeout>()

/**
 * The HTTP server of a web process. Whoever sends slowly holds a connection and a little memory for it: the
 * headers must be here within `REQUEST_SECONDS` (30), and so must the body from then on, but for a file's.
 */
export function createHttpServer(handle: RequestListener): Server {
  const quickMs = (env.get('REQUEST_SECONDS') ?? 30) * 1000
  const server = createServer(
    {
      requestTimeout: WITH_FILE_MS,
      headersTimeout: quickMs,
      // How often Node looks for connections that are late.
      connectionsCheckingInterval: 2000,
    },
    (request, response) => {
      const refused = whyRefused(request)
      if (refused) return hangUp(response, refused)
      if (hasBody(request)) expectBody(request, response, quickMs)
      handle(request, response)
    }
  )
  watchConnections(server)
  return server
}

/** The body that is on its way is a file's, which may take as long as any request. */
export function expectFile(request: IncomingMessage): void {
  clearTimeout(arriving.get(request))
}

function whyRefused({ url, rawHeaders }: IncomingMessage): number | undefined {
  if (url!.length > MAX_URL) return 414
  if (rawHeaders.length > 2 * MAX_HEADERS) return 431
  return undefined
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

function expectBody(request: IncomingMessage, response: ServerResponse, ms: number): void {
  const late = setTimeout(() => {
    if (request.complete) return
    if (response.headersSent) request.destroy()
    else hangUp(response, 408)
  }, ms)
  arriving.set(request, late)
  request.once('close', () => clearTimeout(late))
}

/** Without a body, as Node itself answers what it does not take. */
function hangUp(response: ServerResponse, status: number): void {
  closeAnswer(response, false)
  response
    .writeHead(status, { 'cache-control': 'no-store', 'connection': 'close', 'content-length': 0 })
    .end()
}
