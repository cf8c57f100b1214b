import { BaseTransformer } from '@adonisjs/core/transformers'
import { ACCESS_TOKEN_LIFETIME } from '#identity/access_tokens'
import type { SignedIn } from '#identity/sign_in'
import UserTransformer from '#transformers/user_transformer'

/** The answer to a sign-in or a refresh, named as in OAuth 2.0 (RFC 6749, section 5.1). */
export default class SignedInTransformer extends BaseTransformer<SignedIn> {
  toObject() {
    const { user, accessToken, refreshToken } = this.resource
    return {
      access_token: accessToken,
      token_type: 'Bearer' as const,
      expires_in: ACCESS_TOKEN_LIFETIME,
      refresh_token: refreshToken,
      user: UserTransformer.transform(user),
    }
  }
}
