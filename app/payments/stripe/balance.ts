import type Stripe from 'stripe'
import { isKnownCurrency, Money } from '#ledger/money'
import type { ProviderBalance, ProviderBalanceTransaction } from '#payments/provider'
import { fromStripe } from './amounts.js'
import { everyOf, look, stripeClient } from './client.js'

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

/** Every movement of our balance in a period, newest first; both ends belong to it. */
export async function* listBalanceTransactions(
  from: Date,
  to: Date
): AsyncGenerator<ProviderBalanceTransaction> {
  const created = { gte: seconds(from), lte: seconds(to) }
  const list = () => stripeClient().balanceTransactions.list({ created, limit: 100 })
  for await (const transaction of everyOf(list)) yield describe(transaction)
}

function describe(transaction: Stripe.BalanceTransaction): ProviderBalanceTransaction {
  const { source, currency } = transaction
  return {
    id: transaction.id,
    type: transaction.type,
    sourceId: typeof source === 'string' ? source : (source?.id ?? ''),
    amount: fromStripe(transaction.amount, currency),
    fee: fromStripe(transaction.fee, currency),
    net: fromStripe(transaction.net, currency),
    createdAt: new Date(transaction.created * 1000),
    availableAt: new Date(transaction.available_on * 1000),
  }
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
