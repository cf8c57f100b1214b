import { Problem } from '#exceptions/problem'
import { RAILS, type PaymentProvider, type Rail } from '#models/transaction'
import type { Provider } from '#payments/provider'
import { isPaypalConfigured, paypal, venmo } from '#payments/paypal/index'
import { stripe } from '#payments/stripe/index'
import { traced } from '#telemetry/provider_calls'

const PROVIDERS: Record<PaymentProvider, { provider: Provider; isOffered: () => boolean }> = {
  stripe: { provider: traced(stripe), isOffered: () => true },
  paypal: { provider: traced(paypal), isOffered: isPaypalConfigured },
  venmo: { provider: traced(venmo), isOffered: isPaypalConfigured },
}

/**
 * Who carries out what the user chose.
 *
 * @throws Problem 422 `provider_unavailable` for a provider that this installation does not offer
 */
export function providerFor(name: PaymentProvider): Provider {
  const { provider, isOffered } = PROVIDERS[name]
  if (isOffered()) return provider
  const offered = offeredProviders().map((each) => each.name)
  const message = `Payments by ${name} are not offered here; use ${offered.join(' or ')}.`
  throw new Problem(message, {
    code: 'provider_unavailable',
    status: 422,
    errors: [{ field: 'payment_provider', rule: 'provider_unavailable', message }],
  })
}

/** Who moves a rail's balance, for what belongs to no single payment: its events, its balance. */
export function providerOfRail(rail: Rail): Provider {
  return providerFor(rail)
}

/** Everyone that can be chosen here. */
export function offeredProviders(): Provider[] {
  return Object.values(PROVIDERS)
    .filter(({ isOffered }) => isOffered())
    .map(({ provider }) => provider)
}

/** The rails that money moves on here. */
export function offeredRails(): Rail[] {
  return RAILS.filter((rail) => PROVIDERS[rail].isOffered())
}
