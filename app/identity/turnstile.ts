import { Problem } from '#exceptions/problem'

/** Lets a few run at once and a bounded number wait; the rest is turned away at once. */
export class TurnStile {
  #running = 0
  #waiting: (() => void)[] = []

  /**
   * @param limits.running how many may run at once
   * @param limits.waiting how many may wait for their turn
   * @param limits.what they are, in the problem's words; default sign-ins
   */
  constructor(private limits: { running: number; waiting: number; what?: string }) {}

  /** @throws Problem 503 `busy` when the queue is full */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limits.running) {
      if (this.#waiting.length >= this.limits.waiting) {
        throw new Problem(
          `Too many ${this.limits.what ?? 'sign-ins'} at this moment. Try again in a few seconds.`,
          {
            code: 'busy',
            status: 503,
            extra: { retry_after: 3 },
          }
        )
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await work()
    } finally {
      // The place is handed on rather than given back, so that nobody can slip in between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
