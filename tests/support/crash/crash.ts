import assert from 'node:assert/strict'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { freePort } from '../../../bin/surroundings/ports.js'
import { AppProcess } from './app_process.js'
import { readBooks, type Books } from './books.js'
import { Driver } from './driver.js'
import type { KillPoint, Named, Numbered } from './kill_points.js'
import type { Operation } from './operations.js'

/** A moment to die at. */
export interface Moment extends Named {
  point: KillPoint
}

/**
 * Lets everything that tests do go to an application that may die, instead of the one in this process.
 *
 * @returns it, and how to put things back
 */
export async function startApp(env: Record<string, string> = {}) {
  const kept = {
    port: process.env.PORT!,
    stripe: sandbox.webhooks,
    paypal: paypalSandbox.webhooks,
  }
  const port = await freePort()
  process.env.PORT = String(port)
  const moved = <Endpoint extends { url: string }>(endpoint: Endpoint): Endpoint => ({
    ...endpoint,
    url: Object.assign(new URL(endpoint.url), { port: String(port) }).href,
  })
  sandbox.setWebhooks(kept.stripe.map(moved))
  paypalSandbox.setWebhooks(kept.paypal.map(moved))
  const app = new AppProcess(env)
  await app.start()
  const stop = async () => {
    await app.stop()
    process.env.PORT = kept.port
    sandbox.setWebhooks(kept.stripe)
    paypalSandbox.setWebhooks(kept.paypal)
    for (const each of [sandbox, paypalSandbox]) each.webhookMode({})
  }
  return { app, stop }
}

/** Carries an operation out undisturbed: what it leaves, and the moments at which it could die. */
export async function undisturbed(
  app: AppProcess,
  operation: Operation
): Promise<{ books: Books; moments: Moment[] }> {
  const books = await carryOut(app, operation, [])
  const points = await app.points()
  const moments = points.flatMap((point) => {
    const { what, nth, effective } = point
    return effective
      ? (['before', 'after'] as const).map((side) => ({ what, nth, side, point }))
      : []
  })
  return { books, moments }
}

/**
 * Carries it out once more, kills the application at that moment, and reads what is left. What two jobs of a
 * batch write at the same time may be one write fewer than in the undisturbed run; then the moment does not
 * come, and the one of its kind before it is taken.
 */
export async function killedAt(
  app: AppProcess,
  operation: Operation,
  moment: Moment
): Promise<Books> {
  for (let nth = moment.nth; nth >= 0; nth--) {
    const before = app.lastWords.length
    const books = await carryOut(app, operation, [{ ...moment, nth }])
    const deaths = app.lastWords.slice(before)
    if (deaths.length === 0) continue
    // Once, and nowhere else.
    assert.deepEqual(deaths, [`killed ${describe(moment)}`])
    return books
  }
  throw new Error(`It was never killed ${describe(moment)}.`)
}

/**
 * The same, and kills it again while it recovers; what happens then is not known beforehand.
 *
 * @returns also how often it died: a recovery may have fewer moments than `again` asks for
 */
export async function killedTwice(
  app: AppProcess,
  operation: Operation,
  moment: Moment,
  again: Numbered
): Promise<{ books: Books; deaths: string[] }> {
  const before = app.lastWords.length
  const books = await carryOut(app, operation, [moment, again])
  return { books, deaths: app.lastWords.slice(before) }
}

export function describe({ side, point }: Moment): string {
  return `${side} ${point.what}`
}

async function carryOut(
  app: AppProcess,
  operation: Operation,
  moments: (Numbered | Named)[]
): Promise<Books> {
  await resetAll()
  const found = await operation.prepare()
  await settle({ includeDeferred: true })
  // From here the driver delivers them: one after the other, and until they are accepted.
  for (const each of [sandbox, paypalSandbox]) each.webhookMode({ drop: () => true })
  const driver = new Driver(app, moments)
  await driver.begin()
  await operation.carryOut(driver, found)
  const books = await readBooks()
  // Whatever is armed still must not hit the next one.
  if (driver.deaths < moments.length) await app.ask({ name: 'arm' })
  return books
}

/** Whether it is around a request that may move money, or make what money is sent to. */
export function changesProvider({ point: { kind, what } }: Moment): boolean {
  return kind === 'provider' && what.startsWith('POST ')
}

/**
 * A part of the moments that is spread over all of them, and always the ones around a request that
 * changes something at the provider. Seeds 0, 1, 2, … see all of them in the end.
 */
export function sampleOf(moments: Moment[], size: number, seed: number): Moment[] {
  const chosen = new Set(moments.filter(changesProvider))
  const step = moments.length / size
  for (let i = 0; i < size; i++) {
    chosen.add(moments[(Math.floor(i * step) + seed) % moments.length])
  }
  return moments.filter((moment) => chosen.has(moment))
}
