import type { Data } from './api.js'

/** What a browser does with the payment providers: the pages that they host, and Stripe.js. */

/** Fills in the onboarding page that a freelancer was sent to. */
export async function submitOnboarding(url: string): Promise<void> {
  await load('onboarding', url)
  await submit('onboarding', url)
}

/** Confirms a payment with the publishable key and the client secret, as `stripe.confirmPayment`. */
export async function payWithStripeJs(
  stripeUrl: string,
  action: Data,
  card: string
): Promise<void> {
  if (action?.type !== 'confirm_payment') {
    throw new Error(`Expected a payment to confirm, got ${JSON.stringify(action)}`)
  }
  const [intent] = action.client_secret.split('_secret_')
  const answer = await fetch(`${stripeUrl}/v1/payment_intents/${intent}/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${action.publishable_key}` },
    body: new URLSearchParams({ client_secret: action.client_secret, payment_method: card }),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`Stripe refused the payment with ${answer.status}: ${said}`)
}

/** Opens the page that a payer was sent to, and presses the button that pays. */
export async function payOnPage(action: Data): Promise<void> {
  if (action?.type !== 'redirect') {
    throw new Error(`Expected a page to pay on, got ${JSON.stringify(action)}`)
  }
  const page = await load('payment', action.url)
  const form = /<form[^>]*action="([^"]*)"/.exec(page)?.[1].replaceAll('&amp;', '&')
  await submit('payment', new URL(form ?? '', action.url).href, 'action=approve')
}

async function load(what: string, url: string): Promise<string> {
  const page = await fetch(url)
  const text = await page.text()
  if (!page.ok) throw new Error(`The ${what} page answered ${page.status}.`)
  return text
}

async function submit(what: string, url: string, form?: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    ...(form && { body: new URLSearchParams(form) }),
  })
  await answer.arrayBuffer()
  if (answer.status !== 303) throw new Error(`The ${what} form was answered ${answer.status}.`)
}
