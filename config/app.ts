import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'
import { closeAnswer } from '#middleware/answer_headers'
import { plainAddress, trustedProxies } from '#start/trusted_proxies'

/** Encrypts cookies and signed values. Changing it makes everything encrypted before unreadable. */
export const appKey = env.get('APP_KEY')

/** Where this API is reached from outside; links in e-mails are built on it. */
export const appUrl = env.get('APP_URL')

/** Whether browsers reach us by HTTPS: cookies then go by nothing else. */
export const isHttps = appUrl.startsWith('https:')

/**
 * How a cookie of ours is named. By the prefix browsers take it from this very host only, by HTTPS and for all
 * of its paths: a neighbour below the same domain cannot plant one.
 */
export const cookieNamed = (name: string): string => (isHttps ? `__Host-${name}` : name)

/** Whose `X-Forwarded-*` headers count. By default nobody's: the framework would believe loopback. */
export const isTrustedProxy = trustedProxies(env.get('TRUSTED_PROXIES') ?? '')

/** Which build this is: the commit that its image was made from. */
export const revision = env.get('REVISION') ?? 'unknown'

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,

  trustProxy: isTrustedProxy,

  /** The client's address: what a trusted proxy says, as long as it is one. */
  getIp: (request, address) =>
    plainAddress(address()) ?? plainAddress(request.request.socket.remoteAddress) ?? '0.0.0.0',

  /** A path with broken percent-encoding: refused before there is a request that the handler could answer. */
  onBadUrl(_: IncomingMessage, response: ServerResponse) {
    const problem = {
      type: `${appUrl.replace(/\/$/, '')}/problems/bad_url`,
      title: 'Bad request',
      status: 400,
      detail: 'The path of this request is no valid URL.',
      code: 'bad_url',
      request_id: randomUUID(),
    }
    closeAnswer(response, false)
    response.writeHead(400, {
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'x-request-id': problem.request_id,
    })
    response.end(JSON.stringify(problem))
  },
})
