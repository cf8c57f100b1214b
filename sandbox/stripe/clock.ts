import type { Store } from './store.js'

/**
 * The sandbox's own time: the wall clock plus what tests have advanced it by. The offset is kept
 * with the rest of the state, so objects never become younger after a restart.
 */
export class Clock {
  constructor(private store: Store) {}

  /** Milliseconds since the epoch. */
  get now(): number {
    return Date.now() + (this.store.get('clock', 'clock')?.data.offset ?? 0)
  }

  /** The same in seconds, as Stripe's objects have it. */
  get seconds(): number {
    return Math.floor(this.now / 1000)
  }

  advance(milliseconds: number): void {
    const row = this.store.get('clock', 'clock') ?? this.store.add('clock', 'clock', { offset: 0 })
    row.data.offset += milliseconds
    this.store.save(row)
  }
}
