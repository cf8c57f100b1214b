import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { providerKey, type CreateDeposit } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { inHours, serverAt, usd, withSetting } from '#tests/support/provider_calls'
import { sandbox } from '#tests/support/sandbox'

export { failureOf, inHours, usd, withSecret, withSetting } from '#tests/support/provider_calls'

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

/**
 * A server in Stripe's place that answers everything as told: for answers that a sandbox never gives.
 *
 * @returns how to have Stripe back before the test ends
 */
export async function strangeServer(
  answer: (response: ServerResponse) => void
): Promise<() => void> {
  const base = await serverAt((request, response) => {
    request.resume()
    request.on('end', () => answer(response))
  })
  return withSetting('STRIPE_API_BASE', base)
}

export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
