import { readFile } from 'node:fs/promises'
import edge from 'edge.js'
import app from '@adonisjs/core/services/app'
import type { HttpContext } from '@adonisjs/core/http'
import { notFound } from '#exceptions/problem'
import { openApiDocument, servedDocument } from '#openapi/document'
import { pageOf } from '#openapi/page'
import { PROBLEMS } from '#openapi/problems'

/** Made on the first request; nothing of it changes while the process runs. */
let page: string | undefined

/** What the API says of itself. */
export default class DocumentsController {
  async openapi({ request, response }: HttpContext) {
    const { body, etag } = servedDocument()
    response.header('etag', etag)
    response.header('cache-control', 'public, max-age=300')
    if (request.header('if-none-match') === etag) return response.status(304).send(null)
    return response.header('content-type', 'application/json; charset=utf-8').send(body)
  }

  async page({ response }: HttpContext) {
    page ??= await edge.render('docs/page', { page: pageOf(openApiDocument()) })
    response.header('content-type', 'text/html; charset=utf-8')
    response.header('cache-control', 'public, max-age=300')
    return response.send(page)
  }

  async style({ response }: HttpContext) {
    response.header('content-type', 'text/css; charset=utf-8')
    response.header('cache-control', 'public, max-age=300')
    return response.send(await readFile(app.makePath('resources/docs.css'), 'utf8'))
  }

  /** Where `type` of every problem leads. */
  async problem({ params, response }: HttpContext) {
    if (!Object.hasOwn(PROBLEMS, params.code)) throw notFound('problem')
    return response.redirect(`/docs#problem/${params.code}`)
  }
}
