import env from '#start/env'
import { PayPalContract } from '#sandbox/contract/paypal'
import { stripeContract } from '#sandbox/contract/validator'
import { PayPalSandbox } from '#sandbox/paypal/index'
import { StripeSandbox } from '#sandbox/stripe/index'
import { webhookAddresses } from '../../bin/surroundings/environment.js'

const addresses = webhookAddresses({ web: env.get('PORT') })
const firstOf = (secrets: string) => secrets.split(',')[0]
const portOf = (base: string) => Number(new URL(base).port)

/** Enough for a server that is restarted meanwhile; then a test shows what never came. */
const webhookRetryDelaysMs = [50, 200, 1000, 3000]

/**
 * The Stripe of the tests, in this process: it answers on `STRIPE_API_BASE` and sends its webhooks to
 * the test server. `resetAll` takes it back to its opening float.
 */
export const sandbox = new StripeSandbox({
  webhooks: [
    { url: addresses.platform, secret: firstOf(env.get('STRIPE_WEBHOOK_SECRETS').release()) },
    {
      url: addresses.connect,
      secret: firstOf(env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')!.release()),
      connect: true,
    },
  ],
  webhookRetryDelaysMs,
})

/** The PayPal of the tests, and their Venmo, on `PAYPAL_API_BASE`. As at PayPal, either webhook gets everything. */
export const paypalSandbox = new PayPalSandbox({
  clientId: env.get('PAYPAL_CLIENT_ID'),
  clientSecret: env.get('PAYPAL_CLIENT_SECRET')!.release(),
  webhooks: [
    { id: env.get('PAYPAL_WEBHOOK_ID')!, url: addresses.paypal },
    { id: env.get('VENMO_WEBHOOK_ID')!, url: addresses.venmo },
  ],
  webhookRetryDelaysMs,
})

/** Starts both where the application looks for them. Answers how to stop them. */
export async function startSandbox(): Promise<() => Promise<void>> {
  // First: what fails after a server has started leaves a process that never ends.
  const check = holdToContract()
  await sandbox.start(portOf(env.get('STRIPE_API_BASE')!))
  await paypalSandbox.start(portOf(env.get('PAYPAL_API_BASE')!))
  return async () => {
    await sandbox.stop()
    await paypalSandbox.stop()
    check()
  }
}

/**
 * With the vendors' documents at hand, every request that the tests make the application send is held
 * against them, and so is every answer.
 *
 * @returns what throws if one was not as the documents have it
 */
function holdToContract(): () => void {
  const { PROVIDER_SPECS } = process.env
  if (!PROVIDER_SPECS) return () => {}
  const held = [
    { standIn: sandbox, contract: stripeContract(PROVIDER_SPECS) },
    { standIn: paypalSandbox, contract: new PayPalContract(PROVIDER_SPECS) },
  ]
  for (const { standIn, contract } of held) {
    contract.prepare(standIn.operations)
    standIn.onExchange((exchange) => contract.check(exchange))
  }
  return () => {
    const said = held
      .flatMap(({ contract }) => contract.violations)
      .map(({ side, operation, at, message }) => `${operation}, ${side} ${at}: ${message}`)
    if (said.length > 0) throw new Error(`Against the contract:\n${[...new Set(said)].join('\n')}`)
  }
}
