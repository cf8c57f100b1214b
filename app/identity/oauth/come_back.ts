import type { HttpContext } from '@adonisjs/core/http'
import { handOver } from '#identity/oauth/handovers'
import type { Provider } from '#identity/oauth/providers'
import { readProfile } from '#identity/oauth/read_profile'
import { takeState } from '#identity/oauth/sign_in_state'

/** Why a sign-in at a provider came to nothing, as the frontend is told. */
export type OauthError =
  'access_denied' | 'invalid_state' | 'email_not_verified' | 'provider_failed' | 'internal_error'

/**
 * Takes what a provider says of who comes back from it.
 *
 * @returns a one-time code for the frontend, or why there is none; nothing is thrown, because the browser
 *   that waits shows a page of the frontend or none
 */
export async function comeBack(
  ctx: HttpContext,
  provider: Provider
): Promise<{ code: string } | { error: OauthError }> {
  try {
    return await finish(ctx, provider)
  } catch (error) {
    ctx.logger.error({ err: error, provider }, 'a sign-in at a provider was not finished')
    return { error: 'internal_error' }
  }
}

async function finish(
  ctx: HttpContext,
  provider: Provider
): Promise<{ code: string } | { error: OauthError }> {
  const kept = takeState(ctx, provider)
  if (!kept) return { error: 'invalid_state' }
  const { error, code } = ctx.request.qs()
  if (error === 'access_denied') return { error: 'access_denied' }
  if (error !== undefined || typeof code !== 'string') return { error: 'provider_failed' }

  const profile = await profileAt(ctx, provider, kept.verifier)
  if (profile === 'failed') return { error: 'provider_failed' }
  if (profile === null) return { error: 'email_not_verified' }
  return { code: await handOver(provider, profile, kept.challenge) }
}

/** Everything that the provider is asked is in here, and whatever goes wrong there is its failure. */
async function profileAt(ctx: HttpContext, provider: Provider, verifier: string) {
  const driver = ctx.ally.use(provider)
  driver.codeVerifier = verifier
  try {
    return await readProfile(await driver.claims())
  } catch (error) {
    ctx.logger.warn({ err: error, provider }, 'a sign-in at a provider failed')
    return 'failed'
  }
}
