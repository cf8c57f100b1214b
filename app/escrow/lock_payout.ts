import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound } from '#exceptions/problem'
import Payout from '#models/payout'
import { lockTransactionWithProject } from '#escrow/locks'

/**
 * Locks a payout and everything before it, as whoever sends it and whoever books its outcome does.
 *
 * @throws Problem 404
 */
export async function lockPayout(trx: TransactionClientContract, id: string) {
  const found = isUuid(id) && (await Payout.find(id, { client: trx }))
  if (!found) throw notFound('payout')
  const { project, transaction } = await lockTransactionWithProject(trx, id)
  const payout = await Payout.query({ client: trx })
    .where('transaction_id', id)
    .forUpdate()
    .firstOrFail()
  return { project, transaction, payout }
}
