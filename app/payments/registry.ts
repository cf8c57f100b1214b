import { Problem } from '#exceptions/problem'
import type { PaymentProvider, Rail } from '#models/transaction'
import type { Provider } from '#payments/provider'
import { stripe } from '#payments/stripe/index'

const OFFERED: Partial<Record<PaymentProvider, Provider>> = { stripe }

/**
 * Who carries out what the user chose.
 *
 * @throws Problem 422 `provider_unavailable` for a provider that is planned but not offered yet
 */
export function providerFor(name: PaymentProvider): Provider {
  const provider = OFFERED[name]
  if (provider) return provider
  const message = `Payments by ${name} are not offered yet; use stripe.`
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

/** Everyone that can be chosen today. */
export function offeredProviders(): Provider[] {
  return Object.values(OFFERED)
}
