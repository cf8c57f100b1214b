import { isKnownCurrency, Money } from '#ledger/money'
import type {
  BalanceTransactionKind,
  ForeignMovement,
  Period,
  ProviderBalance,
  ProviderBalanceTransaction,
} from '#payments/provider'
import { fromPaypal } from './amounts.js'
import { look } from './client.js'
import { absolute, disputeMovementId, type DisputePart } from './dispute_movements.js'
import { malformedAnswer } from './errors.js'
import { ANY_ID, rowsBetween, wordsOf, type Row } from './transactions.js'

/** What we own at PayPal, per currency that we handle. What is withheld, or on its way, is pending. */
export async function getBalance(): Promise<ProviderBalance[]> {
  const { balances } = await look(({ search }, options) => search.searchBalances({}, options))
  if (!balances) throw malformedAnswer('balance')
  return balances
    .filter(({ currency }) => isKnownCurrency(currency))
    .map(({ currency, totalBalance: total, availableBalance: free }) => {
      const owned = fromPaypal(total.value, total.currencyCode)
      const available = free ? fromPaypal(free.value, free.currencyCode) : Money.zero(currency)
      return { currency, available, pending: owned.subtract(available) }
    })
}

/** Every movement of our balance in a period, oldest first; both ends belong to it. */
export async function* listBalanceTransactions(
  period: Period,
  onForeign?: (movement: ForeignMovement) => Promise<void>
): AsyncGenerator<ProviderBalanceTransaction> {
  for await (const row of rowsBetween(period)) {
    const foreign = onForeign && describeForeign(row)
    if (foreign) await onForeign(foreign)
    else yield describe(row)
  }
}

/** Undefined for what is in a currency of ours. */
function describeForeign(row: Row): ForeignMovement | undefined {
  const { transaction_id: id, transaction_amount: gross, transaction_initiation_date: at } = row
  if (!id || !gross?.currency_code || !at || isKnownCurrency(gross.currency_code)) return undefined
  return {
    id,
    type: row.transaction_event_code ?? '',
    currency: gross.currency_code,
    amount: gross.value,
    status: STATUS[row.transaction_status ?? ''] ?? 'pending',
    createdAt: new Date(at),
  }
}

const STATUS: Record<string, ProviderBalanceTransaction['status']> = {
  S: 'available',
  // It was available; that it was reversed since is a row of its own.
  V: 'available',
  P: 'pending',
  D: 'failed',
}

function describe(row: Row): ProviderBalanceTransaction {
  const { transaction_id: id, transaction_amount: gross, fee_amount: taken } = row
  if (!id || !gross || !row.transaction_initiation_date) throw malformedAnswer('transaction')
  const amount = fromPaypal(gross.value, gross.currency_code)
  // As rows have it, a fee that was taken is negative.
  const signed = taken ? fromPaypal(taken.value, taken.currency_code) : Money.zero(amount.currency)
  const createdAt = new Date(row.transaction_initiation_date)
  const type = row.transaction_event_code ?? ''
  return {
    id,
    type,
    ...meaningOf(row, type, amount, createdAt),
    amount,
    fee: Money.of(-signed.minor, signed.currency),
    net: amount.add(signed),
    status: STATUS[row.transaction_status ?? ''] ?? 'pending',
    createdAt,
    availableAt: createdAt,
    transactionId: ANY_ID.exec(wordsOf(row))?.[0],
  }
}

/**
 * What a transaction event code says (https://developer.paypal.com/docs/transaction-search/transaction-event-codes/),
 * with the sign of its amount: a code names a kind of movement, both ways.
 */
function meaningOf(
  row: Row,
  code: string,
  amount: Money,
  at: Date
): { kind: BalanceTransactionKind; sourceId: string } {
  const own = row.transaction_id ?? ''
  const related = row.paypal_reference_id ?? ''
  const comes = amount.isPositive
  const as = (kind: BalanceTransactionKind, sourceId = own) => ({ kind, sourceId })
  const disputed = (part: DisputePart) =>
    related ? disputeMovementId(related, part, absolute(amount), at) : own
  switch (code) {
    // Payouts, and how they come back: under the id of what they were.
    case 'T0001':
      return comes ? as('other') : as('payout')
    case 'T1114':
    case 'T1115':
      return as('payout_returned', related || own)
    // By us, under the refund's id.
    case 'T1107':
      return comes ? as('refund_failed') : as('refund')
    // By PayPal or the payer's bank: a payment reversed, a chargeback, the money held meanwhile; and back.
    case 'T1106':
    case 'T1110':
    case 'T1111':
    case 'T1201':
    case 'T1202':
    case 'T1205':
    case 'T1207':
    case 'T1208':
      return comes
        ? as('dispute_reinstated', disputed('reinstated'))
        : as('dispute_withdrawn', disputed('withdrawn'))
    // For handling a chargeback or a dispute, and given back.
    case 'T0106':
    case 'T0114':
    case 'T1108':
    case 'T1109':
      return as('fee', disputed(comes ? 'fee_returned' : 'fee_taken'))
    // A transfer to or from our bank that did not come about.
    case 'T1101':
      return as('withdrawal', related || own)
    case 'T1104':
      return as('top_up', related || own)
  }
  switch (code.slice(0, 3)) {
    case 'T00':
      return as(comes ? 'deposit' : 'other')
    case 'T01':
      return as('fee')
    case 'T03':
      return as('top_up')
    case 'T04':
      return as('withdrawal')
  }
  return as('other')
}
