import type { HttpRequest } from '@adonisjs/core/http'
import type { SignInOrigin } from '#identity/sessions'
import { clientNetwork } from '#middleware/client_network'

/** Where a request that signs somebody in comes from. */
export function originOf(request: HttpRequest): SignInOrigin {
  return { ip: request.ip(), userAgent: request.header('user-agent') }
}

/** The network that it comes from, which counts as one client. */
export function networkOf({ ip }: SignInOrigin): string {
  return ip === undefined ? 'unknown' : clientNetwork(ip)
}
