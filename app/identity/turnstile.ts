import { Problem } from '#exceptions/problem'

/**
 * Lets a few run at once and a bounded number wait; the rest is turned away at once. Of the queue each
 * client gets a share only, so that one who floods it turns away itself and nobody else.
 */
export class TurnStile {
  #running = 0
  #waiting: { client: string; enter: () => void }[] = []

  /**
   * @param limits.running how many may run at once
   * @param limits.waiting how many may wait for their turn
   * @param limits.share how many of those may be of one client
   * @param limits.what they are, in the problem's words; default sign-ins
   */
  constructor(private limits: { running: number; waiting: number; share: number; what?: string }) {}

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
