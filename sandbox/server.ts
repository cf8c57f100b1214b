import type { Exchange } from './common/http.js'
import type { Contract } from './contract/validator.js'
import {
  PayPalSandbox,
  type WebhookEndpoint as PayPalWebhook,
  type WebhookEvent,
} from './paypal/index.js'
import { StripeSandbox, type StoredEvent, type WebhookEndpoint } from './stripe/index.js'

/** The stand-ins for Stripe and PayPal as a process of their own, configured by the environment. */
const { env } = process

function stripeWebhooks(): WebhookEndpoint[] {
  const found: WebhookEndpoint[] = []
  const add = (url?: string, secret?: string, connect = false) => {
    if (url && secret) found.push({ url, secret, connect })
  }
  add(env.SANDBOX_STRIPE_WEBHOOK_URL, env.SANDBOX_STRIPE_WEBHOOK_SECRET)
  add(env.SANDBOX_STRIPE_CONNECT_WEBHOOK_URL, env.SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET, true)
  return found
}

function paypalWebhooks(): PayPalWebhook[] {
  const found: PayPalWebhook[] = []
  const add = (url?: string, id?: string) => {
    if (url && id) found.push({ url, id })
  }
  add(env.SANDBOX_PAYPAL_WEBHOOK_URL, env.PAYPAL_WEBHOOK_ID)
  add(env.SANDBOX_VENMO_WEBHOOK_URL, env.VENMO_WEBHOOK_ID)
  return found
}

const openingFloat = BigInt(env.SANDBOX_OPENING_FLOAT ?? 10_000_000)
const stripe = new StripeSandbox({
  openingFloat,
  dataDir: env.SANDBOX_DATA_DIR,
  webhooks: stripeWebhooks(),
})
const paypal = new PayPalSandbox({
  openingFloat: { USD: openingFloat },
  dataDir: env.SANDBOX_PAYPAL_DATA_DIR,
  clientId: env.PAYPAL_CLIENT_ID ?? 'sandbox-client',
  clientSecret: env.PAYPAL_CLIENT_SECRET ?? 'sandbox-secret',
  webhooks: paypalWebhooks(),
})

if (env.SANDBOX_CONTRACT === '1') {
  if (!env.PROVIDER_SPECS) throw new Error('SANDBOX_CONTRACT=1 needs PROVIDER_SPECS')
  const { stripeContract } = await import('./contract/validator.js')
  const { PayPalContract } = await import('./contract/paypal.js')
  watch<StoredEvent>(stripe, stripeContract(env.PROVIDER_SPECS))
  watch<WebhookEvent>(paypal, new PayPalContract(env.PROVIDER_SPECS))
}

/** Holds a stand-in to its vendor's documents, and shows at `/_sandbox/contract` what is not so. */
function watch<Event extends { id: string }>(
  standIn: {
    readonly events: Event[]
    readonly views: Map<string, () => unknown>
    onExchange(listener: (exchange: Exchange) => void): unknown
  },
  contract: Contract & { checkEvent(event: Event): unknown }
): void {
  const checked = new Set<string>()
  standIn.onExchange((exchange) => contract.check(exchange))
  standIn.views.set('contract', () => {
    for (const event of standIn.events) {
      if (!checked.has(event.id)) contract.checkEvent(event)
      checked.add(event.id)
    }
    return { violations: contract.violations }
  })
}

await stripe.start(Number(env.SANDBOX_STRIPE_PORT ?? 12_111), env.SANDBOX_HOST)
await paypal.start(Number(env.SANDBOX_PAYPAL_PORT ?? 12_112), env.SANDBOX_HOST)
console.log(`Stripe sandbox ready at ${stripe.url}\nPayPal sandbox ready at ${paypal.url}`)
// As AdonisJS says it to whoever started it.
process.send?.({ environment: 'web' })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void Promise.all([stripe.stop(), paypal.stop()]).then(() => process.exit(0))
  })
}
