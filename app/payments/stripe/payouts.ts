import type Stripe from 'stripe'
import type { Money } from '#ledger/money'
import type { CreatePayout, LookupHints, ProviderMovement } from '#payments/provider'
import { fromStripe, toStripe } from './amounts.js'
import { ask, everyOf, isReplay, look, stripeClient } from './client.js'
import { outcomeOf } from '../movements.js'

/**
 * Pays a recipient: a transfer to the connected account. With the deposit's charge as its source it
 * draws on that charge, also while the charge's money is not available yet.
 */
export async function createPayout(input: CreatePayout): Promise<ProviderMovement> {
  const transfer = await ask('transfer', () =>
    stripeClient().transfers.create(
      {
        ...toStripe(input.amount),
        destination: input.destination,
        ...(input.sourceChargeId && { source_transaction: input.sourceChargeId }),
        transfer_group: input.projectId,
        description: input.description,
        metadata: { transaction_id: input.transactionId, key: input.key },
      },
      { idempotencyKey: input.key }
    )
  )
  return isReplay(transfer) ? getPayout(transfer.id) : describe(transfer)
}

export async function getPayout(id: string): Promise<ProviderMovement> {
  return describe(await look('transfer', () => stripeClient().transfers.retrieve(id)))
}

/** Finds our transfer among those of its project. */
export async function findPayout(
  transactionId: string,
  { projectId, key }: LookupHints
): Promise<ProviderMovement | undefined> {
  const found: ProviderMovement[] = []
  const list = () => stripeClient().transfers.list({ transfer_group: projectId, limit: 100 })
  for await (const transfer of everyOf(list)) {
    if (transfer.metadata.transaction_id !== transactionId) continue
    found.push(describe(transfer))
  }
  return outcomeOf(found, key)
}

/**
 * Takes money of a transfer back from the connected account, whose balance must cover it. What was taken
 * under this key is recognised by its mark, also when Stripe has forgotten the key.
 *
 * @throws ProviderFailure declined if it does not, or so much of the transfer is not left
 */
export async function reversePayout(
  id: string,
  amount: Money,
  key: string
): Promise<ProviderMovement> {
  const made = everyOf(() => stripeClient().transfers.listReversals(id, { limit: 100 }))
  for await (const { metadata } of made) if (metadata?.key === key) return getPayout(id)
  await ask('transfer_reversal', () =>
    stripeClient().transfers.createReversal(
      id,
      { amount: toStripe(amount).amount, metadata: { key } },
      { idempotencyKey: key }
    )
  )
  return getPayout(id)
}

/** A transfer that exists has happened. Reversals are told as their sum, however many there were. */
function describe(transfer: Stripe.Transfer): ProviderMovement {
  const { amount, amount_reversed: reversed, currency, destination } = transfer
  return {
    id: transfer.id,
    transactionId: transfer.metadata.transaction_id ?? '',
    destination: typeof destination === 'string' ? destination : destination?.id,
    key: transfer.metadata.key,
    state: reversed > 0 ? 'returned' : 'succeeded',
    amount: fromStripe(amount, currency),
    returnedAmount: reversed > 0 ? fromStripe(reversed, currency) : undefined,
  }
}
