import type Stripe from 'stripe'
import type { CreateRefund, LookupHints, ProviderMovement } from '#payments/provider'
import { fromStripe, toStripe } from './amounts.js'
import { ask, everyOf, isReplay, look, stripeClient } from './client.js'
import { outcomeOf } from '../movements.js'
import { createdSince } from './windows.js'

/** Metadata values end at 500 characters. */
const METADATA_LIMIT = 500

/** Sends money of a charge back to its payer. Transfers made from that charge are not touched. */
export async function createRefund(input: CreateRefund): Promise<ProviderMovement> {
  const refund = await ask('refund', () =>
    stripeClient().refunds.create(
      {
        charge: input.chargeId,
        amount: toStripe(input.amount).amount,
        reason: 'requested_by_customer',
        metadata: {
          transaction_id: input.transactionId,
          key: input.key,
          reason: input.reason.slice(0, METADATA_LIMIT),
        },
      },
      { idempotencyKey: input.key }
    )
  )
  return isReplay(refund) ? getRefund(refund.id) : describe(refund)
}

export async function getRefund(id: string): Promise<ProviderMovement> {
  return describe(await look('refund', () => stripeClient().refunds.retrieve(id)))
}

/** Finds our refund among those of its charge, or among all since then where the charge is not known. */
export async function findRefund(
  transactionId: string,
  { chargeId, since, key }: LookupHints
): Promise<ProviderMovement | undefined> {
  const found: ProviderMovement[] = []
  const filter = chargeId ? { charge: chargeId } : { created: createdSince(since) }
  for await (const refund of everyOf(() =>
    stripeClient().refunds.list({ ...filter, limit: 100 })
  )) {
    if (refund.metadata?.transaction_id !== transactionId) continue
    found.push(describe(refund))
  }
  return outcomeOf(found, key)
}

function describe(refund: Stripe.Refund): ProviderMovement {
  const state = stateOf(refund.status)
  const amount = fromStripe(refund.amount, refund.currency)
  return {
    id: refund.id,
    transactionId: refund.metadata?.transaction_id ?? '',
    key: refund.metadata?.key,
    chargeId: typeof refund.charge === 'string' ? refund.charge : refund.charge?.id,
    state,
    amount,
    // One that waits for a balance has no effect on it yet.
    debited: state === 'pending' && refund.balance_transaction ? amount : undefined,
    failureCode: refund.failure_reason ?? (refund.status === 'canceled' ? 'canceled' : undefined),
  }
}

/** A refund may still fail after it succeeded, when the payer's bank sends it back: then `failed`. */
function stateOf(status: string | null): ProviderMovement['state'] {
  switch (status) {
    case 'succeeded':
      return 'succeeded'
    case 'failed':
    case 'canceled':
      return 'failed'
    // `pending`, `requires_action` (the payer has to name an account), and what we do not know.
    default:
      return 'pending'
  }
}
