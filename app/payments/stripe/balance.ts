import type Stripe from 'stripe'
import { isKnownCurrency, Money } from '#ledger/money'
import type {
  BalanceTransactionKind,
  ForeignMovement,
  Period,
  ProviderBalance,
  ProviderBalanceTransaction,
} from '#payments/provider'
import { decimalOfStripe, fromStripe } from './amounts.js'
import { everyOf, look, stripeClient } from './client.js'
import { disputeMovement, isOfDispute } from './disputes.js'

/** What we own at Stripe, per currency that we handle. */
export async function getBalance(): Promise<ProviderBalance[]> {
  const balance = await look('balance', () => stripeClient().balance.retrieve())
  const sums = new Map<string, ProviderBalance>()
  const add = (kind: 'available' | 'pending', parts: Stripe.Balance.Available[]) => {
    for (const { amount, currency: code } of parts) {
      const currency = code.toUpperCase()
      if (!isKnownCurrency(currency)) continue
      const zero = Money.zero(currency)
      const sum = sums.get(currency) ?? { currency, available: zero, pending: zero }
      sums.set(currency, { ...sum, [kind]: sum[kind].add(fromStripe(amount, code)) })
    }
  }
  add('available', balance.available)
  add('pending', balance.pending)
  return [...sums.values()]
}

/**
 * What a movement is about, by Stripe's word for it (https://docs.stripe.com/reports/balance-transaction-types).
 * What came back from a bank is a top-up, and what went back to one a withdrawal, whichever failed before.
 */
const KINDS: Record<string, BalanceTransactionKind> = {
  charge: 'deposit',
  payment: 'deposit',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'refund_failed',
  transfer: 'payout',
  transfer_refund: 'payout_returned',
  transfer_cancel: 'payout_returned',
  transfer_failure: 'payout_returned',
  stripe_fee: 'fee',
  stripe_fx_fee: 'fee',
  tax_fee: 'fee',
  topup: 'top_up',
  payout_failure: 'top_up',
  payout_cancel: 'top_up',
  payout: 'withdrawal',
  topup_reversal: 'withdrawal',
}

/** Every movement of our balance in a period, newest first. */
export async function* listBalanceTransactions(
  { from, to }: Period,
  onForeign?: (movement: ForeignMovement) => Promise<void>
): AsyncGenerator<ProviderBalanceTransaction> {
  const created = { gte: seconds(from), lte: seconds(to) }
  const list = () => stripeClient().balanceTransactions.list({ created, limit: 100 })
  for await (const transaction of everyOf(list)) {
    if (onForeign && !isKnownCurrency(transaction.currency.toUpperCase())) {
      await onForeign(describeForeign(transaction))
    } else yield describe(transaction)
  }
}

function describeForeign(transaction: Stripe.BalanceTransaction): ForeignMovement {
  const { id, type, currency, net, status, created } = transaction
  return {
    id,
    type,
    currency: currency.toUpperCase(),
    amount: decimalOfStripe(net, currency),
    status: status === 'available' ? 'available' : 'pending',
    createdAt: new Date(created * 1000),
  }
}

async function describe(
  transaction: Stripe.BalanceTransaction
): Promise<ProviderBalanceTransaction> {
  const { id, type, currency, status } = transaction
  return {
    id,
    type,
    kind: kindOf(transaction),
    sourceId: await sourceOf(transaction),
    amount: fromStripe(transaction.amount, currency),
    fee: fromStripe(transaction.fee, currency),
    net: fromStripe(transaction.net, currency),
    // The other is `pending`. A movement that fails has another of its own.
    status: status === 'available' ? 'available' : 'pending',
    createdAt: new Date(transaction.created * 1000),
    availableAt: new Date(transaction.available_on * 1000),
  }
}

function kindOf(transaction: Stripe.BalanceTransaction): BalanceTransactionKind {
  if (isOfDispute(transaction)) return `dispute_${disputeMovement(transaction).kind}`
  return KINDS[transaction.type] ?? 'other'
}

/**
 * Our rows know transfers, not what took them back, and a reversal's id alone leads nowhere. There are few
 * of those, so each is asked for, rather than every page with all its sources.
 */
async function sourceOf(transaction: Stripe.BalanceTransaction): Promise<string> {
  if (isOfDispute(transaction)) return transaction.id
  const { source } = transaction
  if (typeof source !== 'string') return source?.id ?? ''
  if (!source.startsWith('trr_')) return source
  const { source: reversal } = await look('balance_transaction', () =>
    stripeClient().balanceTransactions.retrieve(transaction.id, { expand: ['source'] })
  )
  const transfer = (reversal as Stripe.TransferReversal | null)?.transfer
  return (typeof transfer === 'string' ? transfer : transfer?.id) ?? source
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
