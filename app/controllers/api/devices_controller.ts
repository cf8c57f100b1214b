import type { HttpContext } from '@adonisjs/core/http'
import { endOtherSessions, endSession } from '#identity/end_sessions'
import { listSessions } from '#identity/list_sessions'
import { pageValidator } from '#transformers/page'
import { serializePage } from '#transformers/serialize'
import SessionTransformer from '#transformers/session_transformer'

/** Where a user is signed in: their sessions, beside the one that a request belongs to. */
export default class DevicesController {
  async index({ auth, request }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const page = await listSessions(user!.id, await pageValidator.validate(request.qs()))
    return serializePage(SessionTransformer.transform(page.rows, sessionId!), page)
  }

  async destroy({ auth, params, response }: HttpContext) {
    await endSession(auth.getUserOrFail().id, params.id)
    return response.noContent()
  }

  async destroyOthers({ auth, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    await endOtherSessions(user!.id, sessionId!)
    return response.noContent()
  }
}
