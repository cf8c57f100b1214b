import type { Surroundings } from '../surroundings/start.js'
import type { Api, Data } from './api.js'
import { payOnPage, submitOnboarding, payWithStripeJs } from './browser.js'

export const PROVIDERS = ['stripe', 'paypal', 'venmo'] as const
export type ProviderName = (typeof PROVIDERS)[number]

/** What differs between providers for the people of the main job. */
export interface DemoProvider {
  name: ProviderName
  title: string
  words: { account: string; pays: string; refund: string }
  /** What a payout account is asked for beside provider and country. */
  payoutAccount(freelancer: { email: string }): Data
  /** Goes through the provider's own pages until the account can be paid. */
  onboard(api: Api, account: Data): Promise<void>
  /** Pays what a deposit's answer asks for. */
  pay(action: Data): Promise<void>
}

/** The provider that `--provider` names, as its users meet it. */
export function demoProvider(name: ProviderName, surroundings: Surroundings): DemoProvider {
  switch (name) {
    case 'stripe':
      return {
        name,
        title: 'Stripe',
        words: {
          account: "opens a payout account and completes Stripe's onboarding",
          pays: 'pays with a test card in the Payment Element',
          refund: "to Clara's card",
        },
        payoutAccount: () => ({}),
        async onboard(api, { id }) {
          const { url } = await api.post(`payments/payout-accounts/${id}/onboarding-link`)
          await submitOnboarding(url)
        },
        pay: (action) => payWithStripeJs(surroundings.sandboxUrl, action, 'pm_card_visa'),
      }
    case 'paypal':
    case 'venmo': {
      const title = name === 'paypal' ? 'PayPal' : 'Venmo'
      return {
        name,
        title,
        words: {
          account: `names the address of a ${title} account to be paid at`,
          pays: `is sent to ${title} and approves the payment there`,
          refund: `to Clara's ${title} account`,
        },
        payoutAccount: ({ email }) => ({ destination: email }),
        onboard: async () => {},
        pay: payOnPage,
      }
    }
  }
}
