import type { HttpContext } from '@adonisjs/core/http'
import { appUrl } from '#config/app'
import { forbidden } from '#exceptions/problem'

/**
 * Refuses what a page of somebody else has a browser send. Every browser says where a form comes from; these
 * forms go with no session, so there is no token to compare. Ours is the address in `APP_URL`: `Host` says what
 * the caller likes.
 *
 * @throws Problem 403 `forbidden`
 */
export function assertFromOurPages({ request }: HttpContext): void {
  const site = request.header('sec-fetch-site')
  const origin = request.header('origin')
  const ours = site ? site === 'same-origin' : origin === new URL(appUrl).origin
  if (!ours) throw forbidden('This form is taken from pages of this site only.')
}
