import type { HttpContext } from '@adonisjs/core/http'
import { requestEmailChange } from '#identity/change_email'
import { confirmEmailChange } from '#identity/confirm_email_change'
import { changeEmailValidator, confirmEmailChangeValidator } from '#validators/identity'

export default class EmailChangesController {
  async store({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    await requestEmailChange(user!, sessionId!, await request.validateUsing(changeEmailValidator))
    return response.status(202).send({ data: { status: 'accepted' } })
  }

  async confirm({ request }: HttpContext) {
    const { token } = await request.validateUsing(confirmEmailChangeValidator)
    return { data: await confirmEmailChange(token) }
  }
}
