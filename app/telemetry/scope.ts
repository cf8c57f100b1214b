import { AsyncLocalStorage } from 'node:async_hooks'
import { trace } from '@opentelemetry/api'

/** By which something can be found again: ids of ours, never anything about a person. */
export interface Scope {
  request_id?: string
  transaction_id?: string
  job?: string
  job_id?: string
  attempt?: number
}

const storage = new AsyncLocalStorage<Scope>()

/** What runs inside carries these ids on top of those that hold already: on every line of the log. */
export function inScope<T>(ids: Scope, run: () => T): T {
  return storage.run({ ...storage.getStore(), ...ids }, run)
}

/** The ids that hold here, as a copy. */
export function currentScope(): Scope {
  return { ...storage.getStore() }
}

/**
 * From here on, to the end of the request or job, this is about a transaction of money: log lines and the
 * span at hand say which. Of several, one after the other, the last counts.
 */
export function aboutTransaction(id: string): void {
  const scope = storage.getStore()
  if (scope) scope.transaction_id = id
  trace.getActiveSpan()?.setAttribute('transaction_id', id)
}
