import type { HttpContext } from '@adonisjs/core/http'
import { signedDownload } from '#drive/signed_download'
import { deleteDeliverable } from '#escrow/delete_deliverable'
import { assertSafe } from '#escrow/submitted_deliverables'
import { uploadDeliverable } from '#escrow/upload_deliverable'
import { visibleDeliverable, visibleMilestone } from '#escrow/visible'
import Deliverable from '#models/deliverable'
import MilestonePolicy from '#policies/milestone_policy'
import DeliverableTransformer from '#transformers/deliverable_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { isoTime, serialize, serializePage } from '#transformers/serialize'

export default class DeliverablesController {
  async index({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const milestone = await visibleMilestone(auth.getUserOrFail(), params.id)
    const read = await readPage(Deliverable.query().where('milestone_id', milestone.id), page)
    return serializePage(DeliverableTransformer.transform(read.rows), read)
  }

  async store({ auth, bouncer, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const milestone = await visibleMilestone(by, params.id)
    await bouncer.with(MilestonePolicy).authorize('upload', milestone)
    const deliverable = await uploadDeliverable(milestone, { by, request: request.request })
    response.status(201)
    return serialize(DeliverableTransformer.transform(deliverable))
  }

  async download({ auth, params }: HttpContext) {
    const found = await visibleDeliverable(auth.getUserOrFail(), params.id)
    const { storageKey, name, contentType } = assertSafe(found)
    const { url, expiresAt } = await signedDownload(storageKey, { name, contentType })
    return { data: { url, expires_at: isoTime(expiresAt) } }
  }

  async destroy({ auth, bouncer, params, response }: HttpContext) {
    const deliverable = await visibleDeliverable(auth.getUserOrFail(), params.id)
    await bouncer.with(MilestonePolicy).authorize('upload', deliverable.milestone)
    await deleteDeliverable(deliverable)
    return response.noContent()
  }
}
