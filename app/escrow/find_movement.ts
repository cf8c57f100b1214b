import { validate as isUuid } from 'uuid'
import logger from '@adonisjs/core/services/logger'
import { providerKey, type Provider, type ProviderMovement } from '#payments/provider'
import Transaction from '#models/transaction'

/** A provider's record that cannot be true beside ours. It is not booked: a person has to look. */
export class ProviderContradiction extends Error {}

/**
 * The refund or payout of ours that a provider's record stands for: by the provider's id once we know
 * it, else by our own id in its metadata.
 *
 * @returns null for a record that is none of ours, or of an attempt that failed and is over
 * @throws ProviderContradiction for a second record that moves money for the same transaction
 */
export async function findMovement(
  type: 'refund' | 'payout',
  provider: Provider,
  observed: ProviderMovement
): Promise<Transaction | null> {
  const ours = Transaction.query().where('transaction_type', type)
  const known = await ours
    .clone()
    .where('rail', provider.rail)
    .where('provider_transaction_id', observed.id)
    .first()
  if (known || !isUuid(observed.transactionId)) return known

  const transaction = await ours.where('id', observed.transactionId).first()
  if (!transaction) return null
  if (transaction.rail !== provider.rail) {
    // Refused there, it was sent another way since. Whatever else it says, it may have been paid twice.
    if (observed.state === 'failed') return null
    contradiction(transaction, `${observed.id} moves its money on ${provider.rail}, too`)
  }
  if (isOver(transaction, observed)) return null
  assertOnlyOne(transaction, observed)
  return transaction
}

/**
 * Whether a record is of an attempt that failed and is over: what was sent since has a record of its own. One that the
 * transaction goes by is not, whatever its key: an adopted payment has that of a transaction which is lost.
 */
export function isOver(
  { id, attempt, providerTransactionId: name }: Transaction,
  { state, key, id: theirs, balanceSourceId }: ProviderMovement
): boolean {
  if (name && [theirs, balanceSourceId].includes(name)) return false
  return state === 'failed' && key !== undefined && key !== providerKey(id, attempt)
}

/**
 * Two records may be found for the same transaction at the same moment, so who books looks once more
 * under the transaction's lock. A record that was found by search goes by the name that balance transactions
 * have for it, and is the same one.
 *
 * @throws ProviderContradiction if the transaction already stands for another record
 */
export function assertOnlyOne(transaction: Transaction, observed: ProviderMovement): void {
  const { providerTransactionId: known, providerSourceId: source } = transaction
  const same = [observed.id, observed.balanceSourceId].includes(known) || observed.id === source
  if (known && !same) {
    contradiction(transaction, `${observed.id} moves its money a second time`)
  }
}

/**
 * Stops before anything is booked, loudly: the job that brought the record fails and stays visible.
 *
 * @throws ProviderContradiction always
 */
export function contradiction(transaction: Transaction, what: string): never {
  const message = `${transaction.transactionType} ${transaction.id}: ${what}`
  logger.fatal({ transactionId: transaction.id }, message)
  throw new ProviderContradiction(message)
}
