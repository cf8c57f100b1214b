import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/**
 * PostgreSQL rolled the transaction back because of others that ran at the same time, and asks to do
 * it again: serialization_failure and deadlock_detected.
 * https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
 */
const ROLLED_BACK_BY_OTHERS = new Set(['40001', '40P01'])

/** Two that meet again and again drift apart by the jitter; more tries than this mean something else. */
const ATTEMPTS = 8

/**
 * The edge of an operation: runs `operation` in a database transaction of its own, commits, and
 * starts over, from the first line of `operation`, when PostgreSQL rolled it back because of
 * concurrent transactions. So `operation` must do nothing but talk to the database through `trx`.
 *
 * Any other error goes to the caller. Above all, a connection lost during COMMIT: whether that took
 * effect is not known, and doing it again could do it twice.
 *
 * @returns what `operation` returned in the attempt that was committed
 */
export async function inTransaction<T>(
  operation: (trx: TransactionClientContract) => Promise<T>
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(operation)
    } catch (error) {
      if (attempt === ATTEMPTS || !wasRolledBackByOthers(error)) throw error
      await sleep(Math.random() * 10 * 2 ** attempt)
    }
  }
}

/**
 * What `db.transaction(operation)` does, except that it returns only if COMMIT did commit. That one
 * reports success when COMMIT failed: it awaits a promise of Knex that swallows the error.
 */
async function runOnce<T>(operation: (trx: TransactionClientContract) => Promise<T>): Promise<T> {
  const trx = await db.transaction()
  let hasFailedQuery = false
  trx.knexClient.on('query-error', () => (hasFailedQuery = true))
  let result: T
  try {
    result = await operation(trx)
    // PostgreSQL answers COMMIT after a failed statement with a rollback that is no error. Whether
    // the failure was undone by a savepoint, as it must, any further statement tells.
    if (hasFailedQuery) await trx.rawQuery('SELECT 1')
  } catch (error) {
    await trx.rollback()
    throw error
  }
  await trx.commit()
  await trx.knexClient.executionPromise
  return result
}

function wasRolledBackByOthers(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && ROLLED_BACK_BY_OTHERS.has(code)
}
