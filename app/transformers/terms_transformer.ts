import { BaseTransformer } from '@adonisjs/core/transformers'
import type { Terms } from '#identity/terms'

/** Which terms of use are in force, and where a person can read them. */
export default class TermsTransformer extends BaseTransformer<Terms> {
  toObject() {
    return { version: this.resource.version, url: this.resource.url }
  }
}
