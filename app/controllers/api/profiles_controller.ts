import type { HttpContext } from '@adonisjs/core/http'
import { updateProfile } from '#identity/update_profile'
import { profileValidator } from '#validators/identity'
import ProfileTransformer from '#transformers/profile_transformer'
import { serialize } from '#transformers/serialize'

export default class ProfilesController {
  async show({ auth }: HttpContext) {
    const user = auth.getUserOrFail()
    await user.load('profile')
    return serialize(ProfileTransformer.transform(user))
  }

  async update({ auth, request }: HttpContext) {
    const changes = await request.validateUsing(profileValidator)
    const user = await updateProfile(auth.getUserOrFail().id, changes)
    return serialize(ProfileTransformer.transform(user))
  }
}
