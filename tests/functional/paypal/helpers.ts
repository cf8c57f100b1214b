import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { providerKey, type CreateDeposit, type CreatePayout } from '#payments/provider'
import { HOUR, serverAt, usd, withSecret, withSetting } from '#tests/support/provider_calls'
import { paypalSandbox } from '#tests/support/sandbox'

export {
  ago,
  DAY,
  everyOf,
  failureOf,
  HOUR,
  serverAt,
  usd,
  withSecret,
  withSetting,
} from '#tests/support/provider_calls'

export function depositRequest(wanted: Partial<CreateDeposit> = {}): CreateDeposit {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    amount: usd('1000.00'),
    method: 'checkout',
    projectId: randomUUID(),
    description: 'SafeSend escrow deposit',
    expiresAt: new Date(Date.now() + 6 * HOUR),
    ...wanted,
  }
}

export function payoutRequest(wanted: Partial<CreatePayout> = {}): CreatePayout {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    amount: usd('900.00'),
    destination: 'frank@example.com',
    projectId: randomUUID(),
    description: 'SafeSend payout',
    ...wanted,
  }
}

/** For a group's set-up: PayPal with its float alone, whose webhooks nobody waits for. */
export async function quietPaypal(): Promise<() => Promise<void>> {
  await paypalSandbox.reset()
  paypalSandbox.webhookMode({ paused: true })
  return async () => {
    await paypalSandbox.reset()
    paypalSandbox.webhookMode({})
  }
}

export interface Asked {
  method: string
  path: string
  query: Record<string, string>
  headers: IncomingMessage['headers']
  body: string
}

type Answer = (asked: Asked, response: ServerResponse) => void

export const json =
  (body: unknown, status = 200, headers = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** As PayPal refuses. */
export const refusal = (status: number, name: string, more: object = {}) =>
  json({ name, message: 'No.', debug_id: 'b1d1f06c7246c', ...more }, status)

export const issue = (code: string, status = 422) =>
  refusal(status, 'UNPROCESSABLE_ENTITY', { details: [{ issue: code, description: 'No.' }] })

const TOKEN = json({ access_token: 'A21.token', token_type: 'Bearer', expires_in: 32_400 })

/**
 * A server in PayPal's place that answers as told: for answers that a sandbox never gives. Several answers
 * to one address are given in turn, the last of them for good.
 *
 * @param answers by `METHOD /path`, without the query
 * @returns what it was asked, the requests for tokens left out
 */
export async function strangePaypal(answers: Record<string, Answer | Answer[]>): Promise<Asked[]> {
  const all: Asked[] = []
  const left = new Map(
    Object.entries({ 'POST /v1/oauth2/token': TOKEN, ...answers }).map(([address, given]) => [
      address,
      [given].flat(),
    ])
  )
  await serverInPaypalsPlace(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://paypal')
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: await text(request),
    }
    const address = `${asked.method} ${asked.path}`
    if (asked.path !== '/v1/oauth2/token') all.push(asked)
    const given = left.get(address) ?? [refusal(404, 'NO_SUCH_ADDRESS')]
    const answer = given.length > 1 ? given.shift()! : given[0]
    answer(asked, response)
  })
  return all
}

/** @returns where it is */
export async function serverInPaypalsPlace(
  listener: (request: IncomingMessage, response: ServerResponse) => void
): Promise<string> {
  const base = await serverAt(listener)
  withSetting('PAYPAL_API_BASE', base)
  withSetting('PAYPAL_CLIENT_ID', `client-${randomUUID()}`)
  withSecret('PAYPAL_CLIENT_SECRET', 'secret')
  return base
}
