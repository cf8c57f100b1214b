import type { HttpContext } from '@adonisjs/core/http'
import { originOf } from '#identity/origin'
import { requestPasswordReset, resetPassword } from '#identity/reset_password'
import { requestResetValidator, resetPasswordValidator } from '#validators/identity'

export default class PasswordResetsController {
  /** One path for both steps: with a `token` it sets the password, without one it asks for the link. */
  async store({ request, response }: HttpContext) {
    if (request.input('token') === undefined) {
      const { email } = await request.validateUsing(requestResetValidator)
      await requestPasswordReset(email)
      return response.status(202).send({ data: { status: 'accepted' } })
    }
    const { token, password } = await request.validateUsing(resetPasswordValidator)
    await resetPassword(token, password, originOf(request))
    return response.noContent()
  }
}
