import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { getActiveTest } from '@japa/runner'
import { Secret } from '@adonisjs/core/helpers'
import env from '#start/env'
import { Money } from '#ledger/money'
import {
  ProviderFailure,
  providerKey,
  type CreateDeposit,
  type CreatePayout,
} from '#payments/provider'
import { paypalSandbox } from '#tests/support/sandbox'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export const usd = (amount: string) => Money.parse(amount, 'USD')
export const ago = (milliseconds: number) => new Date(Date.now() - milliseconds)

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

/** For a group's set-up: PayPal with its float alone, whose webhooks nobody waits for. */
export async function quietPaypal(): Promise<() => Promise<void>> {
  await paypalSandbox.reset()
  paypalSandbox.webhookMode({ paused: true })
  return async () => {
    await paypalSandbox.reset()
    paypalSandbox.webhookMode({})
  }
}

export async function everyOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of list) all.push(each)
  return all
}

type Setting =
  | 'PAYPAL_API_BASE'
  | 'PAYPAL_TIMEOUT_MS'
  | 'PAYPAL_CURRENCIES'
  | 'PAYPAL_CLIENT_ID'
  | 'PAYPAL_WEBHOOK_ID'
  | 'VENMO_WEBHOOK_ID'

/** Another environment until the test ends, or until what is returned is called. */
export function withSetting(name: Setting, value: string | number | undefined): () => void {
  return replaced(name, value)
}

export function withSecret(value: string): () => void {
  return replaced('PAYPAL_CLIENT_SECRET', new Secret(value))
}

/** The application's view changes; that of processes which it starts does not. */
function replaced(name: Setting | 'PAYPAL_CLIENT_SECRET', value: unknown): () => void {
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
  withSecret('secret')
  return base
}

/** A server of somebody else's, until the test ends. */
export async function serverAt(
  listener: (request: IncomingMessage, response: ServerResponse) => void
): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  getActiveTest()!.cleanup(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A port of this machine where nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
