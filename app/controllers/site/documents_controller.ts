import type { HttpContext } from '@adonisjs/core/http'
import { servedDocument } from '#openapi/document'

/** What the API says of itself. */
export default class DocumentsController {
  async openapi({ request, response }: HttpContext) {
    const { body, etag } = servedDocument()
    response.header('etag', etag)
    response.header('cache-control', 'public, max-age=300')
    if (request.header('if-none-match') === etag) return response.status(304).send(null)
    return response.header('content-type', 'application/json; charset=utf-8').send(body)
  }
}
