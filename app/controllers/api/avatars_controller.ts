import type { HttpContext } from '@adonisjs/core/http'
import { removeAvatar, uploadAvatar } from '#identity/change_avatar'
import ProfileTransformer from '#transformers/profile_transformer'
import { serialize } from '#transformers/serialize'

export default class AvatarsController {
  async store({ auth, request }: HttpContext) {
    const user = await uploadAvatar(auth.getUserOrFail().id, request.request)
    return serialize(ProfileTransformer.transform(user))
  }

  async destroy({ auth }: HttpContext) {
    return serialize(ProfileTransformer.transform(await removeAvatar(auth.getUserOrFail().id)))
  }
}
