import type { HttpContext } from '@adonisjs/core/http'
import { eraseOwnAccount } from '#privacy/erase_own_account'
import { erasureValidator } from '#validators/privacy'

export default class ErasuresController {
  async store({ auth, request, response }: HttpContext) {
    const confirmation = await request.validateUsing(erasureValidator)
    await eraseOwnAccount(auth.getUserOrFail(), confirmation)
    return response.noContent()
  }
}
