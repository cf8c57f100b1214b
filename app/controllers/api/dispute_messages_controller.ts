import type { HttpContext } from '@adonisjs/core/http'
import { sendDisputeMessage } from '#escrow/disputes/send_dispute_message'
import { visibleDispute } from '#escrow/disputes/visible_disputes'
import DisputeMessage from '#models/dispute_message'
import DisputeMessageTransformer from '#transformers/dispute_message_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import { disputeMessageValidator } from '#validators/dispute'

export default class DisputeMessagesController {
  async index({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const dispute = await visibleDispute(auth.getUserOrFail(), params.id)
    const read = await readPage(DisputeMessage.query().where('dispute_id', dispute.id), page)
    return serializePage(DisputeMessageTransformer.transform(read.rows), read)
  }

  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const { body } = await request.validateUsing(disputeMessageValidator)
    const dispute = await visibleDispute(by, params.id)
    const message = await sendDisputeMessage(dispute.id, { by, body })
    response.status(201)
    return serialize(DisputeMessageTransformer.transform(message))
  }
}
