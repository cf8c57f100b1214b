import type { HttpContext } from '@adonisjs/core/http'
import { refreshSession } from '#identity/refresh_session'
import { originOf } from '#identity/origin'
import { signIn } from '#identity/sign_in'
import { signOut } from '#identity/sign_out'
import { refreshValidator, signInValidator } from '#validators/identity'
import SignInTransformer from '#transformers/sign_in_transformer'
import SignedInTransformer from '#transformers/signed_in_transformer'
import { serialize } from '#transformers/serialize'

export default class SessionsController {
  async store(ctx: HttpContext) {
    const { email, password } = await ctx.request.validateUsing(signInValidator)
    const result = await signIn(email, password, originOf(ctx.request))
    ctx.response.header('cache-control', 'no-store')
    return serialize(SignInTransformer.transform(result))
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
