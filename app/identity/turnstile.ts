import { Problem } from '#exceptions/problem'

interface Limits {
  /** How many may run at once. */
  running: number
  /** How many may wait for their turn. */
  waiting: number
  /** How many of those may be of one client. */
  share: number
  /** What they are, in the problem's words. Default sign-ins. */
  what?: string
}

/**
 * Lets a few run at once and a bounded number wait; the rest is turned away at once. Of the queue each
 * client gets a share only, so that one who floods it turns away itself and nobody else.
 */
export class TurnStile {
  #running = 0
  #waiting: { client: string; enter: () => void }[] = []

  constructor(private limits: Limits) {}

  /**
   * @param client whose share it is: a network, or an account
   * @throws Problem 503 `busy` when the queue, or the client's share of it, is full
   */
  async pass<T>(client: string, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limits.running) {
      if (this.#isFull(client)) {
        throw new Problem(
          `Too many ${this.limits.what ?? 'sign-ins'} at this moment. Try again in a few seconds.`,
          {
            code: 'busy',
            status: 503,
            extra: { retry_after: 3 },
          }
        )
      }
      await new Promise<void>((resolve) => this.#waiting.push({ client, enter: resolve }))
    } else {
      this.#running++
    }
    try {
      return await work()
    } finally {
      // The place is handed on rather than given back, so that nobody can slip in between.
      const next = this.#waiting.shift()
      if (next) next.enter()
      else this.#running--
    }
  }

  #isFull(client: string): boolean {
    const own = this.#waiting.filter((each) => each.client === client).length
    return own >= this.limits.share || this.#waiting.length >= this.limits.waiting
  }
}

/** A turnstile for each account, there for as long as somebody is at it. */
export class TurnStiles {
  #stiles = new Map<string, { stile: TurnStile; people: number }>()

  constructor(private limits: Omit<Limits, 'share'>) {}

  /** @throws Problem 503 `busy` when this account's queue is full */
  async pass<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    const share = this.limits.waiting
    const own = this.#stiles.get(accountId) ?? {
      stile: new TurnStile({ ...this.limits, share }),
      people: 0,
    }
    this.#stiles.set(accountId, own)
    own.people++
    try {
      return await own.stile.pass(accountId, work)
    } finally {
      own.people--
      if (own.people === 0) this.#stiles.delete(accountId)
    }
  }
}
