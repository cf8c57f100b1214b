import type { HttpContext } from '@adonisjs/core/http'
import { eraseOwnAccount } from '#privacy/erase_own_account'
import { erasureValidator } from '#validators/identity'

export default class ErasuresController {
  async store({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const given = await request.validateUsing(erasureValidator)
    await eraseOwnAccount(user!, sessionId!, given)
    return response.noContent()
  }
}
