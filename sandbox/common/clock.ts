import type { Kept } from './store.js'

type ClockRow = Kept<'clock', { offset: number }>

/** The part of a store that keeps a clock. */
interface ClockStore {
  get(kind: 'clock', id: string): ClockRow | undefined
  add(kind: 'clock', id: string, data: { offset: number }): ClockRow
  save(row: ClockRow): void
}

/**
 * The sandbox's own time: the wall clock plus what tests have advanced it by. The offset is kept
 * with the rest of the state, so objects never become younger after a restart.
 */
export class Clock {
  constructor(private store: ClockStore) {}

  /** Milliseconds since the epoch. */
  get now(): number {
    return Date.now() + (this.store.get('clock', 'clock')?.data.offset ?? 0)
  }

  /** The same in seconds. */
  get seconds(): number {
    return Math.floor(this.now / 1000)
  }

  /** The same as ISO 8601 in UTC, without fractions. */
  get iso(): string {
    return `${new Date(this.now).toISOString().slice(0, 19)}Z`
  }

  advance(milliseconds: number): void {
    const row = this.store.get('clock', 'clock') ?? this.store.add('clock', 'clock', { offset: 0 })
    row.data.offset += milliseconds
    this.store.save(row)
  }
}
