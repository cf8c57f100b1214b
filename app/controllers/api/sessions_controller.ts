import type { HttpContext } from '@adonisjs/core/http'
import { refreshSession } from '#identity/refresh_session'
import { signIn } from '#identity/sign_in'
import { signOut } from '#identity/sign_out'
import { refreshValidator, signInValidator } from '#validators/identity'
import SignedInTransformer from '#transformers/signed_in_transformer'
import { serialize } from '#transformers/serialize'

export default class SessionsController {
  async store({ request, response }: HttpContext) {
    const { email, password } = await request.validateUsing(signInValidator)
    const signedIn = await signIn(email, password, {
      ip: request.ip(),
      userAgent: request.header('user-agent'),
    })
    response.header('cache-control', 'no-store')
    return serialize(SignedInTransformer.transform(signedIn))
  }

  async update({ request, response }: HttpContext) {
    const input = await request.validateUsing(refreshValidator)
    const signedIn = await refreshSession(input.refresh_token)
    response.header('cache-control', 'no-store')
    return serialize(SignedInTransformer.transform(signedIn))
  }

  async destroy({ auth, response }: HttpContext) {
    await signOut(auth.use('api').sessionId!)
    return response.noContent()
  }
}
