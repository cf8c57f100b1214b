import { isTrustedProxy } from '#config/app'
import type { HttpRequest } from '@adonisjs/core/http'

/**
 * Whether a request came by HTTPS to the proxy that handed it to us. Where there are several words in
 * `X-Forwarded-Proto`, that proxy has appended the last one. What stands before it came with the request, from
 * anybody; the framework would believe the first.
 *
 * @returns undefined where nobody whom we trust says anything
 */
export function cameByHttps(request: HttpRequest): boolean | undefined {
  const said = request.header('x-forwarded-proto')
  if (said === undefined || !isTrustedProxy(request.request.socket.remoteAddress ?? ''))
    return undefined
  return said.split(',').at(-1)!.trim().toLowerCase() === 'https'
}
