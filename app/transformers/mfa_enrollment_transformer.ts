import { BaseTransformer } from '@adonisjs/core/transformers'
import type { MfaEnrollment } from '#identity/mfa/enroll'

/** What an authenticator app needs: to type, to open, or to scan. */
export default class MfaEnrollmentTransformer extends BaseTransformer<MfaEnrollment> {
  toObject() {
    const { secret, url, qrCode } = this.resource
    return { secret, otpauth_url: url, qr_code: qrCode }
  }
}
