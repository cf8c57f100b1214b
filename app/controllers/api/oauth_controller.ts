import type { HttpContext } from '@adonisjs/core/http'
import { frontendAddress } from '#identity/links'
import { exchangeCode } from '#identity/oauth/exchange_code'
import { comeBack } from '#identity/oauth/come_back'
import { assertOffered, offeredProviders, type Provider } from '#identity/oauth/providers'
import { keepState } from '#identity/oauth/sign_in_state'
import { originOf } from '#identity/origin'
import { serialize } from '#transformers/serialize'
import OauthProvidersTransformer from '#transformers/oauth_providers_transformer'
import SignInTransformer from '#transformers/sign_in_transformer'
import { beginOauthValidator, exchangeCodeValidator } from '#validators/identity'

export default class OauthController {
  index(_: HttpContext) {
    return serialize(OauthProvidersTransformer.transform({ providers: offeredProviders() }))
  }

  /** Sends the browser to the provider. */
  async redirect(ctx: HttpContext) {
    const provider: Provider = ctx.params.provider
    assertOffered(provider)
    const query = await beginOauthValidator.validate(ctx.request.qs())
    const { state, verifier } = keepState(ctx, provider, query.code_challenge)
    const driver = ctx.ally.use(provider).stateless()
    driver.codeVerifier = verifier
    const url = await driver.redirectUrl((request) => request.param('state', state))
    return leave(ctx, url)
  }

  /** Where the provider sends the browser back to, which goes on to the frontend whatever has happened. */
  async callback(ctx: HttpContext) {
    const provider: Provider = ctx.params.provider
    assertOffered(provider)
    return leave(
      ctx,
      frontendAddress('/oauth/callback', { ...(await comeBack(ctx, provider)), provider })
    )
  }

  async exchange(ctx: HttpContext) {
    const exchange = await ctx.request.validateUsing(exchangeCodeValidator)
    const result = await exchangeCode(exchange, originOf(ctx.request))
    ctx.response.header('cache-control', 'no-store')
    return serialize(SignInTransformer.transform(result))
  }
}

/** Neither caches nor the next page are to know the address, which has a code in it. */
function leave({ response }: HttpContext, url: string) {
  return response
    .status(302)
    .header('location', url)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .send('')
}
