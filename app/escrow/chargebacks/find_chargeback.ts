import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { notFound } from '#exceptions/problem'
import Chargeback from '#models/chargeback'
import { fundedBy } from '#escrow/chargebacks/freeze'
import type { LockedChargeback } from '#escrow/chargebacks/book_loss'
import { lockTransactionWithProject } from '#escrow/locks'

/** @throws Problem 404 if there is none */
export async function findChargeback(
  id: string,
  client?: TransactionClientContract
): Promise<Chargeback> {
  const chargeback = isUuid(id) ? await Chargeback.find(id, { client }) : null
  if (!chargeback) throw notFound('chargeback')
  return chargeback
}

/** Locks a chargeback and, before it, what its deposit touches. */
export async function lockChargeback(
  trx: TransactionClientContract,
  { id, depositId }: Chargeback
): Promise<LockedChargeback> {
  const { project, milestones, transaction } = await lockTransactionWithProject(trx, depositId)
  const chargeback = await Chargeback.query({ client: trx })
    .where('id', id)
    .forUpdate()
    .firstOrFail()
  return {
    trx,
    chargeback,
    deposit: transaction,
    project,
    milestones: await fundedBy(trx, depositId, milestones),
  }
}
