import type { HttpContext } from '@adonisjs/core/http'
import { deleteDraftMilestone, editDraftMilestone } from '#escrow/edit_draft'
import { rejectWork } from '#escrow/reject_work'
import { submitWork } from '#escrow/submit_work'
import { visibleMilestone } from '#escrow/visible'
import Submission from '#models/submission'
import MilestonePolicy from '#policies/milestone_policy'
import { describeMilestone } from '#transformers/describe'
import { pageValidator, readPage } from '#transformers/page'
import { serializePage } from '#transformers/serialize'
import SubmissionTransformer from '#transformers/submission_transformer'
import { editMilestoneValidator, rejectValidator, submitValidator } from '#validators/milestone'

export default class MilestonesController {
  async show({ auth, params }: HttpContext) {
    return describeMilestone(await visibleMilestone(auth.getUserOrFail(), params.id))
  }

  async submissions({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const { id } = await visibleMilestone(auth.getUserOrFail(), params.id)
    const read = await readPage(Submission.query().where('milestone_id', id), page)
    return serializePage(SubmissionTransformer.transform(read.rows), read)
  }

  async update({ auth, bouncer, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const milestone = await visibleMilestone(by, params.id)
    await bouncer.with(MilestonePolicy).authorize('edit', milestone)
    const changes = await request.validateUsing(editMilestoneValidator)
    return describeMilestone(await editDraftMilestone(milestone.id, { by, changes }))
  }

  async destroy({ auth, bouncer, params, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const milestone = await visibleMilestone(by, params.id)
    await bouncer.with(MilestonePolicy).authorize('delete', milestone)
    await deleteDraftMilestone(milestone.id, { by })
    return response.noContent()
  }

  async submit({ auth, bouncer, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const milestone = await visibleMilestone(by, params.id)
    await bouncer.with(MilestonePolicy).authorize('submit', milestone)
    const work = await request.validateUsing(submitValidator)
    return describeMilestone(await submitWork(milestone.id, { by, work }))
  }

  async reject({ auth, bouncer, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const milestone = await visibleMilestone(by, params.id)
    await bouncer.with(MilestonePolicy).authorize('reject', milestone)
    const { reason } = await request.validateUsing(rejectValidator)
    return describeMilestone(await rejectWork(milestone.id, { by, reason }))
  }
}
