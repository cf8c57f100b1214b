import type { HttpContext } from '@adonisjs/core/http'
import { originOf } from '#identity/origin'
import { register } from '#identity/register'
import { registrationValidator } from '#validators/identity'
import UserTransformer from '#transformers/user_transformer'
import { serialize } from '#transformers/serialize'

export default class RegistrationsController {
  /** No tokens yet: those come with the first sign-in. */
  async store({ request, response }: HttpContext) {
    const user = await register(
      await request.validateUsing(registrationValidator),
      originOf(request)
    )
    response.status(201)
    return serialize(UserTransformer.transform(user))
  }
}
