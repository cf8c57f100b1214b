import { BaseTransformer } from '@adonisjs/core/transformers'
import { CHALLENGE_LIFETIME } from '#identity/mfa/challenges'
import type { MfaRequired, SignedIn, SignInResult } from '#identity/sign_in'
import SignedInTransformer from '#transformers/signed_in_transformer'

/**
 * The answer to a sign-in, told apart by `mfa_required`: the tokens, or a challenge that
 * `POST auth/mfa/verify` takes together with a code.
 */
export default class SignInTransformer extends BaseTransformer<SignInResult> {
  toObject() {
    return 'challenge' in this.resource ? awaited(this.resource) : done(this.resource)
  }
}

function awaited({ challenge }: MfaRequired) {
  return { mfa_required: true as const, challenge, expires_in: CHALLENGE_LIFETIME }
}

function done(signedIn: SignedIn) {
  return { mfa_required: false as const, ...new SignedInTransformer(signedIn).toObject() }
}
