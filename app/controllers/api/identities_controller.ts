import type { HttpContext } from '@adonisjs/core/http'
import { listIdentities, unlinkIdentity } from '#identity/oauth/identities'
import { linkIdentity } from '#identity/oauth/link_identity'
import IdentityTransformer from '#transformers/identity_transformer'
import { pageValidator } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import { linkIdentityValidator } from '#validators/identity'

export default class IdentitiesController {
  async index({ auth, request }: HttpContext) {
    const query = await pageValidator.validate(request.qs())
    const page = await listIdentities(auth.getUserOrFail().id, query)
    return serializePage(IdentityTransformer.transform(page.rows), page)
  }

  async store({ auth, request, response }: HttpContext) {
    const input = await request.validateUsing(linkIdentityValidator)
    const identity = await linkIdentity(auth.getUserOrFail().id, input.code, input.code_verifier)
    response.status(201)
    return serialize(IdentityTransformer.transform(identity))
  }

  async destroy({ auth, params, response }: HttpContext) {
    await unlinkIdentity(auth.getUserOrFail().id, params.id)
    return response.noContent()
  }
}
