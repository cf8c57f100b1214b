import { StripeSandbox, type WebhookEndpoint } from './stripe/index.js'

/** The Stripe stand-in as a process of its own, configured by the environment. */
const { env } = process

function endpoints(): WebhookEndpoint[] {
  const found: WebhookEndpoint[] = []
  const add = (url?: string, secret?: string, connect = false) => {
    if (url && secret) found.push({ url, secret, connect })
  }
  add(env.SANDBOX_STRIPE_WEBHOOK_URL, env.SANDBOX_STRIPE_WEBHOOK_SECRET)
  add(env.SANDBOX_STRIPE_CONNECT_WEBHOOK_URL, env.SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET, true)
  return found
}

const sandbox = new StripeSandbox({
  openingFloat: BigInt(env.SANDBOX_OPENING_FLOAT ?? 10_000_000),
  dataDir: env.SANDBOX_DATA_DIR,
  webhooks: endpoints(),
})
if (env.SANDBOX_CONTRACT === '1') {
  if (!env.PROVIDER_SPECS) throw new Error('SANDBOX_CONTRACT=1 needs PROVIDER_SPECS')
  const { stripeContract } = await import('./contract/validator.js')
  const contract = stripeContract(env.PROVIDER_SPECS)
  const checked = new Set<string>()
  sandbox.onExchange((exchange) => contract.check(exchange))
  sandbox.views.set('contract', () => {
    for (const event of sandbox.events) {
      if (!checked.has(event.id)) contract.checkEvent(event)
      checked.add(event.id)
    }
    return { violations: contract.violations }
  })
}
await sandbox.start(Number(env.SANDBOX_STRIPE_PORT ?? 12_111))
console.log(`Stripe sandbox ready at ${sandbox.url}`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void sandbox.stop().then(() => process.exit(0))
  })
}
