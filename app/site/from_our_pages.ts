import type { HttpContext } from '@adonisjs/core/http'
import { forbidden } from '#exceptions/problem'

/**
 * Refuses what a page of somebody else has a browser send. Every browser says where a form comes from; these
 * forms go with no session, so there is no token to compare.
 *
 * @throws Problem 403 `forbidden`
 */
export function assertFromOurPages({ request }: HttpContext): void {
  const site = request.header('sec-fetch-site')
  const origin = request.header('origin')
  const ours = site ? site === 'same-origin' : origin !== undefined && isOurs(origin, request)
  if (!ours) throw forbidden('This form is taken from pages of this site only.')
}

function isOurs(origin: string, request: HttpContext['request']): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host()
}
