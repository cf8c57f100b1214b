import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getActiveTest } from '@japa/runner'
import { Secret } from '@adonisjs/core/helpers'
import env from '#start/env'
import { Money } from '#ledger/money'
import { ProviderFailure, providerKey, type CreateDeposit } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'

export const usd = (amount: string) => Money.parse(amount, 'USD')
export const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000)

export function depositRequest(wanted: Partial<CreateDeposit> = {}): CreateDeposit {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    amount: usd('1000.00'),
    method: 'payment_element',
    projectId: randomUUID(),
    description: 'SafeSend escrow deposit',
    expiresAt: inHours(24),
    ...wanted,
  }
}

/** A deposit that was paid. */
export async function paidDeposit(wanted: Partial<CreateDeposit> = {}, card = 'pm_card_visa') {
  const request = depositRequest(wanted)
  const { id } = await stripe.createDeposit(request)
  assert.ok(
    request.method === 'checkout' ? sandbox.pay(id, { card }) : sandbox.confirm(id, { card })
  )
  return { request, deposit: await stripe.getDeposit(id) }
}

/** A recipient who can be paid. */
export async function enabledRecipient() {
  const { destination } = await stripe.onboardRecipient({
    key: randomUUID(),
    payoutAccountId: randomUUID(),
    email: 'frank@example.com',
    country: 'US',
  })
  sandbox.completeOnboarding(destination)
  return destination
}

/** What a call failed with; it must fail. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof ProviderFailure, `not a ProviderFailure: ${error}`)
    return error
  }
  throw new assert.AssertionError({ message: 'the call should have failed' })
}

type Setting =
  | 'STRIPE_API_BASE'
  | 'STRIPE_TIMEOUT_MS'
  | 'STRIPE_CURRENCIES'
  | 'PAYPAL_TIMEOUT_MS'
  | 'STRIPE_COUNTRY'
type SecretSetting =
  | 'STRIPE_SECRET_KEY'
  | 'STRIPE_WEBHOOK_SECRETS'
  | 'STRIPE_CONNECT_WEBHOOK_SECRETS'
  | 'PAYPAL_CLIENT_SECRET'

/** Another environment until the test ends, or until what is returned is called. */
export function withSetting(name: Setting, value: string | number): () => void {
  return replaced(name, value)
}

export function withSecret(name: SecretSetting, value: string): () => void {
  return replaced(name, new Secret(value))
}

/** The application's view changes; that of processes which it starts does not. */
function replaced(name: Setting | SecretSetting, value: unknown): () => void {
  const set = (to: unknown) => {
    const outside = process.env[name]
    env.set(name, to as never)
    if (outside === undefined) delete process.env[name]
    else process.env[name] = outside
  }
  const before = env.get(name)
  const restore = () => set(before)
  set(value)
  getActiveTest()?.cleanup(restore)
  return restore
}

/**
 * A server in Stripe's place that answers everything as told: for answers that a sandbox never gives.
 *
 * @returns how to have Stripe back before the test ends
 */
export async function strangeServer(
  answer: (response: ServerResponse) => void
): Promise<() => void> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  getActiveTest()!.cleanup(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return withSetting('STRIPE_API_BASE', `http://127.0.0.1:${port}`)
}

/** A port of this machine where nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
