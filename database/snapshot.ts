import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/**
 * Reads in one snapshot of the database: whatever is asked of `trx` sees the same moment, so that sums,
 * and the lines that they are the sums of, agree while money moves. It cannot write.
 */
export async function inSnapshot<T>(
  read: (trx: TransactionClientContract) => Promise<T>
): Promise<T> {
  return db.transaction(async (trx) => {
    await trx.rawQuery('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    return read(trx)
  })
}
