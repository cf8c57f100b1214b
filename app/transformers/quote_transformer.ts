import { BaseTransformer } from '@adonisjs/core/transformers'
import type { Quote } from '#escrow/quote'

/** What a deposit would cost and bring. */
export default class QuoteTransformer extends BaseTransformer<Quote> {
  toObject() {
    const { amount, platformFeeBps, platformFee, net, providers } = this.resource
    return {
      amount: amount.toDecimal(),
      currency: amount.currency,
      platform_fee_bps: platformFeeBps,
      platform_fee: platformFee.toDecimal(),
      net: net.toDecimal(),
      payment_providers: providers.map(({ name, limits, accepted }) => ({
        payment_provider: name,
        minimum: limits.minimum.toDecimal(),
        maximum: limits.maximum.toDecimal(),
        accepted,
      })),
    }
  }
}
