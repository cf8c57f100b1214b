import type { HttpContext } from '@adonisjs/core/http'
import { sendMessage } from '#escrow/send_message'
import { visibleProject } from '#escrow/visible'
import Message from '#models/message'
import MessageTransformer from '#transformers/message_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import { messageValidator } from '#validators/project'

export default class MessagesController {
  async index({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const project = await visibleProject(auth.getUserOrFail(), params.id)
    const read = await readPage(Message.query().where('project_id', project.id), page)
    return serializePage(MessageTransformer.transform(read.rows), read)
  }

  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    const { body } = await request.validateUsing(messageValidator)
    response.status(201)
    return serialize(MessageTransformer.transform(await sendMessage(project, { by, body })))
  }
}
