import { BaseTransformer } from '@adonisjs/core/transformers'

/** Codes that each stand in for the authenticator app once. They are shown this one time. */
export default class RecoveryCodesTransformer extends BaseTransformer<{ codes: string[] }> {
  toObject() {
    return { recovery_codes: this.resource.codes }
  }
}
