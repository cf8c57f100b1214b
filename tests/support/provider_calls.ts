import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getActiveTest } from '@japa/runner'
import { Secret } from '@adonisjs/core/helpers'
import env from '#start/env'
import { setVariable } from '#tests/support/environment'
import { Money } from '#ledger/money'
import { ProviderFailure } from '#payments/provider'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export const usd = (amount: string) => Money.parse(amount, 'USD')
export const ago = (milliseconds: number) => new Date(Date.now() - milliseconds)
export const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)

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

export async function everyOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of list) all.push(each)
  return all
}

type Setting =
  | 'STRIPE_API_BASE'
  | 'STRIPE_TIMEOUT_MS'
  | 'STRIPE_CURRENCIES'
  | 'STRIPE_COUNTRY'
  | 'PAYPAL_API_BASE'
  | 'PAYPAL_TIMEOUT_MS'
  | 'PAYPAL_CURRENCIES'
  | 'PAYPAL_CLIENT_ID'
  | 'PAYPAL_WEBHOOK_ID'
  | 'VENMO_WEBHOOK_ID'
type SecretSetting =
  | 'STRIPE_SECRET_KEY'
  | 'STRIPE_WEBHOOK_SECRETS'
  | 'STRIPE_CONNECT_WEBHOOK_SECRETS'
  | 'PAYPAL_CLIENT_SECRET'

/** Another environment until the test ends, or until what is returned is called. */
export function withSetting(name: Setting, value: string | number | undefined): () => void {
  return replaced(name, value)
}

export function withSecret(name: SecretSetting, value: string): () => void {
  return replaced(name, new Secret(value))
}

function replaced(name: Setting | SecretSetting, value: unknown): () => void {
  const before = env.get(name)
  const restore = () => setVariable(name, before)
  setVariable(name, value)
  getActiveTest()?.cleanup(restore)
  return restore
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
