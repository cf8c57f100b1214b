import type { HttpContext } from '@adonisjs/core/http'
import { changePassword } from '#identity/change_password'
import { changePasswordValidator } from '#validators/identity'

export default class PasswordsController {
  async update({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const input = await request.validateUsing(changePasswordValidator)
    await changePassword(user!, sessionId!, {
      current: input.current_password,
      password: input.password,
    })
    return response.noContent()
  }
}
