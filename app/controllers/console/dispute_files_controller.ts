import type { HttpContext } from '@adonisjs/core/http'
import drive from '@adonisjs/drive/services/main'
import { findDeliverable, findEvidence, headersOf } from '#console/dispute_files'
import { attachment } from '#drive/attachment'
import { openFile } from '#escrow/open_file'

export default class DisputeFilesController {
  /** Shown in place, where its type allows it, or saved with `?save=1`. */
  async evidence(ctx: HttpContext) {
    const { params, request } = ctx
    const file = await findEvidence(params.id, params.file)
    await openFile('evidence', file.id, ctx.staff.act())
    return send(ctx, file, request.qs().save !== undefined)
  }

  async deliverable(ctx: HttpContext) {
    const file = await findDeliverable(ctx.params.id, ctx.params.file)
    await openFile('deliverable', file.id, ctx.staff.act())
    return send(ctx, file, true)
  }
}

async function send(
  { response }: HttpContext,
  file: Awaited<ReturnType<typeof findEvidence>>,
  save: boolean
) {
  const headers = headersOf(file.contentType)
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
  const shown = headers['content-type'] !== 'application/octet-stream'
  response.header('content-disposition', save || !shown ? attachment(file.name) : 'inline')
  response.stream(await drive.use().getStream(file.storageKey))
}
