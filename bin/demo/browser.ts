import type { Data } from './api.js'

/** What a browser does with Stripe: the pages that it hosts, and Stripe.js. */
export class StripeBrowser {
  constructor(private stripeUrl: string) {}

  /** Fills in the onboarding page that a freelancer was sent to. */
  async submitOnboarding(url: string): Promise<void> {
    const page = await fetch(url)
    if (!page.ok) throw new Error(`The onboarding page answered ${page.status}.`)
    await page.arrayBuffer()
    const answer = await fetch(url, { method: 'POST', redirect: 'manual' })
    await answer.arrayBuffer()
    if (answer.status !== 303) throw new Error(`The onboarding form was answered ${answer.status}.`)
  }

  /** Confirms a payment with the publishable key and the client secret, as `stripe.confirmPayment`. */
  async pay(action: Data, card: string): Promise<void> {
    if (action?.type !== 'confirm_payment') {
      throw new Error(`Expected a payment to confirm, got ${JSON.stringify(action)}`)
    }
    const [intent] = action.client_secret.split('_secret_')
    const answer = await fetch(`${this.stripeUrl}/v1/payment_intents/${intent}/confirm`, {
      method: 'POST',
      headers: { authorization: `Bearer ${action.publishable_key}` },
      body: new URLSearchParams({ client_secret: action.client_secret, payment_method: card }),
    })
    const said = await answer.text()
    if (!answer.ok) throw new Error(`Stripe refused the payment with ${answer.status}: ${said}`)
  }
}
