import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { api, type Answer } from '#tests/support/api'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { Died, type AppProcess } from './app_process.js'
import type { Named, Numbered } from './kill_points.js'

/**
 * Everybody around an application that may die at any moment: a client that repeats what got no
 * answer under the same Idempotency-Key, providers that repeat their webhooks until they are accepted,
 * and somebody who starts the application again.
 */
export class Driver {
  /** How often the application has died so far. */
  deaths = 0
  #delivered = new Set([...sandbox.events, ...paypalSandbox.events].map(({ id }) => id))

  /** @param moments of its first death, of the one after the restart, and so on */
  constructor(
    private app: AppProcess,
    private moments: (Numbered | Named)[]
  ) {}

  /** From here on it may die. */
  async begin(): Promise<void> {
    await this.app.ask({ name: 'arm', at: this.moments[this.deaths] })
  }

  /** A money POST, as an honest client sends it: until it is answered, with one key. */
  async post(user: User, path: string, body?: unknown): Promise<any> {
    const idempotencyKey = randomUUID()
    return this.#untilDone(async () => {
      const answer = await api(user).post(path, body, { idempotencyKey })
      if (answer.status === 409 && answer.body.code === 'idempotency_in_progress') {
        // The killed process holds the key until its lease runs out: let 45 seconds pass.
        await db.from('idempotency_keys').where('status', 'running').update({
          locked_until: '-infinity',
        })
        return undefined
      }
      return expectSuccess(`POST ${path}`, answer)
    })
  }

  async get(user: User, path: string): Promise<any> {
    return this.#untilDone(async () => expectSuccess(path, await api(user).get(path)))
  }

  /** Delivers webhooks and works the queue until neither is left, then looks up what is pending. */
  async settle({ webhooks = true } = {}): Promise<void> {
    // Once more than needed: the second look must find nothing to do.
    for (let look = 0; look < 2; look++) {
      let busy = true
      while (busy) {
        const delivered = webhooks ? await this.#deliverAll() : 0
        const { done, errors } = await this.#command<Drained>('drain')
        if (errors.length > 0) throw new Error(`Jobs failed:\n${errors.join('\n')}`)
        busy = delivered + done > 0
      }
      await this.#command('settle')
    }
  }

  async #deliverAll(): Promise<number> {
    // What becomes of a payout happens at PayPal by itself.
    paypalSandbox.advance(0)
    const owed = [
      ...sandbox.events.map((event) => ({ id: event.id, deliver: () => sandbox.deliver(event) })),
      ...paypalSandbox.events.map((event) => ({
        id: event.id,
        deliver: () => paypalSandbox.deliver(event),
      })),
    ].filter(({ id }) => !this.#delivered.has(id))
    for (const { id, deliver } of owed) {
      await this.#untilDone(async () => {
        const statuses = await deliver()
        return statuses.every((status) => status === 200) || undefined
      })
      this.#delivered.add(id)
    }
    return owed.length
  }

  #command<T>(name: 'drain' | 'settle'): Promise<T> {
    return this.#untilDone(async () => ((await this.app.ask({ name })) ?? true) as T)
  }

  /** Tries until there is an answer, and starts the application again whenever it has died. */
  async #untilDone<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 20; tries++) {
      try {
        const answer = await attempt()
        if (answer !== undefined) return answer
      } catch (error) {
        // `fetch` says TypeError when the connection is lost.
        if (!(error instanceof Died || error instanceof TypeError)) throw error
      }
      await sleep(10)
      if (!this.app.dead) continue
      this.deaths++
      await this.app.start()
      await this.begin()
    }
    throw new Error('It was tried twenty times, in vain.')
  }
}

interface Drained {
  done: number
  errors: string[]
}

function expectSuccess(what: string, { status, body, data }: Answer): any {
  if (status >= 300) throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`)
  return data
}
