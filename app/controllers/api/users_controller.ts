import type { HttpContext } from '@adonisjs/core/http'
import { visibleUser } from '#escrow/visible'
import PublicProfileTransformer from '#transformers/public_profile_transformer'
import { serialize } from '#transformers/serialize'

export default class UsersController {
  async show({ auth, params }: HttpContext) {
    const user = await visibleUser(auth.getUserOrFail(), params.id)
    return serialize(PublicProfileTransformer.transform(user))
  }
}
