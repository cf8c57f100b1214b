import type { HttpRequest } from '@adonisjs/core/http'
import type { SignInOrigin } from '#identity/sessions'
import { withoutCardNumbers } from '#validators/card_number'
import { clientNetwork } from '#middleware/client_network'

/** Where a request that signs somebody in comes from. It is kept and shown: card numbers never are. */
export function originOf(request: HttpRequest): SignInOrigin {
  const userAgent = request.header('user-agent')
  return { ip: request.ip(), userAgent: userAgent && withoutCardNumbers(userAgent) }
}

/** The network that it comes from, which counts as one client. */
export function networkOf({ ip }: SignInOrigin): string {
  return ip === undefined ? 'unknown' : clientNetwork(ip)
}
