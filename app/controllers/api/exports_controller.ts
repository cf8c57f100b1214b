import type { HttpContext } from '@adonisjs/core/http'
import { exportLink, exportsOf } from '#privacy/download_export'
import { requestExport } from '#privacy/request_export'
import DataExportTransformer from '#transformers/data_export_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { isoTime, serialize, serializePage } from '#transformers/serialize'

export default class ExportsController {
  async index({ auth, request }: HttpContext) {
    const query = await pageValidator.validate(request.qs())
    const page = await readPage(exportsOf(auth.getUserOrFail()), query)
    return serializePage(DataExportTransformer.transform(page.rows), page)
  }

  async store({ auth, response }: HttpContext) {
    const made = await requestExport(auth.getUserOrFail())
    response.status(202)
    return serialize(DataExportTransformer.transform(made))
  }

  async download({ auth, params, response }: HttpContext) {
    const link = await exportLink(auth.getUserOrFail(), params.id)
    response.header('cache-control', 'no-store')
    return { data: { url: link.url, expires_at: isoTime(link.expiresAt) } }
  }
}
