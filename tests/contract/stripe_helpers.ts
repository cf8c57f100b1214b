import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'
import { StripeSandbox, type SandboxOptions } from '../../sandbox/stripe/index.js'

/** The real SDK, pointed at a stand-in. */
export function sdkFor(
  url: string,
  config: Partial<Stripe.StripeConfig> = {},
  key = 'sk_test_suite'
) {
  const { hostname, port } = new URL(url)
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  })
}

/** A started sandbox with its SDK, stopped when the test ends. */
export async function started(
  test: { cleanup(callback: () => Promise<void>): void },
  options: SandboxOptions = {}
) {
  const sandbox = new StripeSandbox(options)
  await sandbox.start()
  test.cleanup(() => sandbox.stop())
  return { sandbox, stripe: sdkFor(sandbox.url) }
}

/** An onboarded freelancer and a paid intent of 1,000.00. */
export async function funded(sandbox: StripeSandbox, stripe: Stripe, card = 'pm_card_visa') {
  const account = await stripe.accounts.create({
    type: 'express',
    email: 'freelancer@example.com',
    capabilities: { transfers: { requested: true } },
  })
  sandbox.completeOnboarding(account.id)
  const intent = await stripe.paymentIntents.create({
    amount: 100_000,
    currency: 'usd',
    transfer_group: 'project-1',
    metadata: { transaction_id: 'deposit-1' },
    automatic_payment_methods: { enabled: true },
  })
  sandbox.confirm(intent.id, { card })
  const paid = await stripe.paymentIntents.retrieve(intent.id)
  return { account: account.id, intent: intent.id, charge: String(paid.latest_charge) }
}

/** What a promise was rejected with; fails the test if it was not. */
export async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('This request should have been refused')
}

/** A receiver of webhooks that answers what it is told to, and remembers what came. */
export async function receiver(test: { cleanup(callback: () => Promise<void>): void }) {
  const received: { body: string; headers: IncomingHttpHeaders; type: string; id: string }[] = []
  const state = { status: 200 }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const { type, id } = JSON.parse(body) as { type: string; id: string }
      received.push({ body, headers: request.headers, type, id })
      response.writeHead(state.status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.cleanup(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, received, state }
}
