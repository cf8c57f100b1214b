import type { HttpRequest } from '@adonisjs/core/http'
import type { SignInOrigin } from '#identity/sessions'

/** Where a request that signs somebody in comes from. */
export function originOf(request: HttpRequest): SignInOrigin {
  return { ip: request.ip(), userAgent: request.header('user-agent') }
}
