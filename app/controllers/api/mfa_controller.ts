import type { HttpContext } from '@adonisjs/core/http'
import { disableMfa, replaceRecoveryCodes } from '#identity/mfa/change'
import { confirmMfa } from '#identity/mfa/confirm'
import { enrollMfa } from '#identity/mfa/enroll'
import { mfaStatus } from '#identity/mfa/status'
import { verifyMfa } from '#identity/mfa/verify'
import { originOf } from '#identity/origin'
import MfaEnrollmentTransformer from '#transformers/mfa_enrollment_transformer'
import MfaStatusTransformer from '#transformers/mfa_status_transformer'
import RecoveryCodesTransformer from '#transformers/recovery_codes_transformer'
import { serialize } from '#transformers/serialize'
import SignInTransformer from '#transformers/sign_in_transformer'
import {
  bothFactorsValidator,
  confirmMfaValidator,
  enrollMfaValidator,
  verifyMfaValidator,
} from '#validators/identity'

/** Codes from an authenticator app. Every answer with a secret says that caches must not keep it. */
export default class MfaController {
  async show({ auth }: HttpContext) {
    return serialize(MfaStatusTransformer.transform(await mfaStatus(auth.getUserOrFail().id)))
  }

  async enroll({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const { password } = await request.validateUsing(enrollMfaValidator)
    const enrollment = await enrollMfa(user!, sessionId!, password)
    response.status(201).header('cache-control', 'no-store')
    return serialize(MfaEnrollmentTransformer.transform(enrollment))
  }

  async confirm({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const { code } = await request.validateUsing(confirmMfaValidator)
    const codes = await confirmMfa(user!, sessionId!, code)
    response.header('cache-control', 'no-store')
    return serialize(RecoveryCodesTransformer.transform({ codes }))
  }

  async verify(ctx: HttpContext) {
    const { challenge, ...given } = await ctx.request.validateUsing(verifyMfaValidator)
    const signedIn = await verifyMfa(challenge, given, originOf(ctx.request))
    ctx.response.header('cache-control', 'no-store')
    return serialize(SignInTransformer.transform(signedIn))
  }

  async recoveryCodes({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    const given = await request.validateUsing(bothFactorsValidator)
    const codes = await replaceRecoveryCodes(user!, sessionId!, given)
    response.header('cache-control', 'no-store')
    return serialize(RecoveryCodesTransformer.transform({ codes }))
  }

  async disable({ auth, request, response }: HttpContext) {
    const { user, sessionId } = auth.use('api')
    await disableMfa(user!, sessionId!, await request.validateUsing(bothFactorsValidator))
    return response.noContent()
  }
}
