import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actOf, doneAt } from '#console/acts'
import { readFiles } from '#console/files_page'
import { signedDownload } from '#drive/signed_download'
import { FILE_KINDS } from '#escrow/kept_files'
import { openFile } from '#escrow/open_file'
import { releaseFile } from '#escrow/release_file'
import { rescanFile } from '#escrow/rescan_file'
import { FILE_STATES, filesFilter } from '#validators/console/people'

export default class FilesController {
  async index({ request, view }: HttpContext) {
    const query = await filesFilter.validate(request.qs())
    const page = await readFiles(db.connection(), query)
    const choices = { kinds: FILE_KINDS, states: FILE_STATES }
    return view.render('console/files/index', { page, query, ...choices })
  }

  /** Saved by the browser, whatever is in it, from a URL that is good for minutes. */
  async download({ params, response, staff }: HttpContext) {
    const { storageKey, name, contentType } = await openFile(params.kind, params.id, staff.act())
    const { url } = await signedDownload(storageKey, { name, contentType })
    response.header('cache-control', 'no-store')
    return response.redirect().status(303).toPath(url)
  }

  async release(ctx: HttpContext) {
    const { kind, id } = ctx.params
    await releaseFile(kind, id, await actOf(ctx))
    return doneAt(ctx, pageOfFile(id), 'It can be downloaded again, and who uploaded it is told.')
  }

  async scan(ctx: HttpContext) {
    const { kind, id } = ctx.params
    await rescanFile(kind, id, await actOf(ctx))
    return doneAt(
      ctx,
      pageOfFile(id),
      'The scanner will look at it; this page shows what it finds.'
    )
  }
}

const pageOfFile = (id: string) => `/console/files?state=all&q=${id}`
