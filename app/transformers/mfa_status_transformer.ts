import { BaseTransformer } from '@adonisjs/core/transformers'
import type { MfaStatus } from '#identity/mfa/status'
import { isoTime } from '#transformers/serialize'

/** Whether signing in takes a code from an authenticator app. */
export default class MfaStatusTransformer extends BaseTransformer<MfaStatus> {
  toObject() {
    const { enabledAt, recoveryCodesLeft } = this.resource
    return {
      enabled: enabledAt !== null,
      enabled_at: isoTime(enabledAt),
      recovery_codes_left: recoveryCodesLeft,
    }
  }
}
