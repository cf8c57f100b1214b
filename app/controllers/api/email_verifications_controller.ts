import type { HttpContext } from '@adonisjs/core/http'
import { resendVerification, verifyEmail } from '#identity/verify_email'
import { verifyEmailValidator } from '#validators/identity'
import UserTransformer from '#transformers/user_transformer'
import { serialize } from '#transformers/serialize'

export default class EmailVerificationsController {
  async store({ request }: HttpContext) {
    const { token } = await request.validateUsing(verifyEmailValidator)
    return serialize(UserTransformer.transform(await verifyEmail(token)))
  }

  async resend({ auth, response }: HttpContext) {
    await resendVerification(auth.getUserOrFail())
    return response.status(202).send({ data: { status: 'accepted' } })
  }
}
