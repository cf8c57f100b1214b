import { BaseTransformer } from '@adonisjs/core/transformers'
import type { Provider } from '#identity/oauth/providers'

/** The providers that one can sign in with here. */
export default class OauthProvidersTransformer extends BaseTransformer<{ providers: Provider[] }> {
  toObject() {
    return { providers: this.resource.providers }
  }
}
