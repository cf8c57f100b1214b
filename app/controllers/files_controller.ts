import type { HttpContext } from '@adonisjs/core/http'
import drive from '@adonisjs/drive/services/main'
import { notFound, Problem } from '#exceptions/problem'
import { servedType } from '#drive/served_type'

/** Files of the `fs` disk, for whoever has a URL that the disk has signed (`config/drive.ts`). */
export default class FilesController {
  async show({ request, response }: HttpContext) {
    if (!request.hasValidSignature()) {
      throw new Problem('This link is not valid, or no longer. Ask for a new one.', {
        code: 'link_not_valid',
        status: 403,
      })
    }
    const file = drive.use('fs').file((request.param('*') as string[]).join('/'))
    const { contentType, contentDisposition } = request.qs()
    const metadata = await file.getMetaData().catch((error) => {
      throw error.cause?.code === 'ENOENT' ? notFound('file') : error
    })

    // Somebody's file is never a page of ours, whatever is in it.
    response.header('content-disposition', saved(contentDisposition))
    response.header('content-type', servedType(contentType))
    response.header('content-security-policy', "default-src 'none'; sandbox")
    response.header('cross-origin-resource-policy', 'cross-origin')
    response.header('cache-control', 'private, no-cache')
    response.header('etag', metadata.etag)
    response.header('last-modified', metadata.lastModified.toUTCString())
    if (response.fresh()) return response.status(304).send('')
    response.header('content-length', String(metadata.contentLength))
    if (request.method() === 'HEAD') return
    response.stream(await file.getStream())
  }
}

function saved(disposition: unknown): string {
  const wanted = String(disposition ?? '')
  return wanted.startsWith('attachment') ? wanted : 'attachment'
}
