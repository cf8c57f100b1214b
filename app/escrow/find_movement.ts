import { validate as isUuid } from 'uuid'
import type { Provider, ProviderMovement } from '#payments/provider'
import Transaction from '#models/transaction'

/**
 * The refund or payout of ours that a provider's record stands for: by the provider's id once we know
 * it, else by our own id in its metadata.
 */
export async function findMovement(
  type: 'refund' | 'payout',
  provider: Provider,
  observed: ProviderMovement
): Promise<Transaction | null> {
  const ours = Transaction.query().where('transaction_type', type).where('rail', provider.rail)
  const known = await ours.clone().where('provider_transaction_id', observed.id).first()
  if (known || !isUuid(observed.transactionId)) return known
  return ours.where('id', observed.transactionId).where('provider_transaction_id', '').first()
}
