import type { HttpContext } from '@adonisjs/core/http'
import { answerDispute } from '#escrow/disputes/answer_dispute'
import { escalateDispute } from '#escrow/disputes/escalate_dispute'
import { openDispute } from '#escrow/disputes/open_dispute'
import { disputesVisibleTo, visibleDispute } from '#escrow/disputes/visible_disputes'
import { withdrawDispute } from '#escrow/disputes/withdraw_dispute'
import { visibleMilestone } from '#escrow/visible'
import { assertVerified } from '#identity/verified'
import { describeDispute } from '#transformers/describe'
import DisputeTransformer from '#transformers/dispute_transformer'
import { readPage } from '#transformers/page'
import { serializePage } from '#transformers/serialize'
import {
  disputeMessageValidator,
  listDisputesValidator,
  openDisputeValidator,
} from '#validators/dispute'

export default class DisputesController {
  async index({ auth, request }: HttpContext) {
    const user = auth.getUserOrFail()
    const query = await listDisputesValidator.validate(request.qs())
    const disputes = disputesVisibleTo(user)
    if (query.status) disputes.where('status', query.status)
    if (query.milestone_id) {
      const milestone = await visibleMilestone(user, query.milestone_id)
      disputes.where('milestone_id', milestone.id)
    }
    const page = await readPage(disputes, query)
    return serializePage(DisputeTransformer.transform(page.rows), page)
  }

  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    assertVerified(by)
    const { asked_amount: askedAmount, ...form } = await request.validateUsing(openDisputeValidator)
    const milestone = await visibleMilestone(by, params.id)
    const { id } = await openDispute(milestone.id, { by, askedAmount, ...form })
    response.status(201)
    return describeDispute(by, id)
  }

  async show({ auth, params }: HttpContext) {
    const user = auth.getUserOrFail()
    return describeDispute(user, params.id)
  }

  async answer({ auth, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const { body } = await request.validateUsing(disputeMessageValidator)
    const { id } = await visibleDispute(by, params.id)
    await answerDispute(id, { by, body })
    return describeDispute(by, id)
  }

  async escalate({ auth, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const { id } = await visibleDispute(by, params.id)
    await escalateDispute(id, { by })
    return describeDispute(by, id)
  }

  async withdraw({ auth, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const { id } = await visibleDispute(by, params.id)
    await withdrawDispute(id, { by })
    return describeDispute(by, id)
  }
}
