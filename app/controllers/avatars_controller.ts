import type { HttpContext } from '@adonisjs/core/http'
import drive from '@adonisjs/drive/services/main'
import { notFound } from '#exceptions/problem'
import { AVATARS } from '#identity/avatar_url'

/** A picture and its name never change, but it may be taken away: it is fetched anew once a day. */
const KEPT_FOR_SECONDS = 24 * 3600

export default class AvatarsController {
  async show({ params, request, response }: HttpContext) {
    const file = drive.use().file(`${AVATARS}/${params.name}`)
    if (!(await file.exists())) throw notFound('picture')
    response.header('content-type', 'image/webp')
    response.header('cache-control', `public, max-age=${KEPT_FOR_SECONDS}, immutable`)
    response.header('content-security-policy', "default-src 'none'; sandbox")
    response.header('cross-origin-resource-policy', 'cross-origin')
    response.header('etag', `"${params.name}"`)
    if (response.fresh()) return response.status(304).send('')
    if (request.method() === 'HEAD') return
    response.stream(await file.getStream())
  }
}
