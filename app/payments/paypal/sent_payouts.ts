import { Money } from '#ledger/money'
import {
  ProviderFailure,
  providerKey,
  type LookupHints,
  type ProviderMovement,
} from '#payments/provider'
import { fromPaypal } from './amounts.js'
import { keyIn } from './keys.js'
import { ANY_ID, rowsBetween, SEARCH_LAG_MS, wordsOf, type Row } from './transactions.js'

/** Payouts, as Transaction Search calls them: mass payments. */
const PAYOUT_CODE = 'T0001'
/** And the ways in which they come back: reversed, refunded. */
const RETURN_CODES = new Set(['T1114', 'T1115'])

/** A row that never moved money: denied. */
const DENIED = 'D'
const SUCCEEDED = new Set(['S', 'V'])

/** PayPal's clock and ours may differ. */
const CLOCK_SKEW_MS = 600_000

/**
 * Looks a payout up whose key PayPal has forgotten, among everything that left our balance since it was
 * first sent. PayPal says "usually" of the field that carries our id, so a row of its amount that names
 * nobody is no absence: to send again then might pay twice, and a person has to look.
 *
 * Of an earlier attempt only a payout that still has its money counts: one that came back is over, and says
 * nothing about the current one. Which attempt a row belongs to, the key in its note tells.
 *
 * @param keyEnd nothing was sent under the old key after it
 * @returns undefined if the search is complete, and nothing in it is or may be this payout
 * @throws ProviderFailure `unknown` if that cannot be told
 */
export async function findSentPayout(
  transactionId: string,
  { since, amount, key = providerKey(transactionId, 1) }: LookupHints,
  keyEnd: Date
): Promise<ProviderMovement | undefined> {
  const from = new Date(since.getTime() - CLOCK_SKEW_MS)
  let completeUntil = Date.now() - SEARCH_LAG_MS
  const rows = rowsBetween({ from, to: new Date() }, ({ last_refreshed_datetime: refreshed }) => {
    if (refreshed) completeUntil = Math.min(completeUntil, Date.parse(refreshed))
  })
  const ours: Row[] = []
  let nameless: Row | undefined
  const cameBack = new Set<string | undefined>()
  for await (const row of rows) {
    const code = row.transaction_event_code ?? ''
    if (row.transaction_status === DENIED) continue
    if (RETURN_CODES.has(code)) cameBack.add(row.paypal_reference_id)
    if (code !== PAYOUT_CODE) continue
    const words = wordsOf(row)
    if (words.includes(transactionId)) ours.push(row)
    else if (!ANY_ID.test(words) && (!amount || paidIn(row).equals(amount))) nameless = row
  }
  const kept = ours.find((row) => !cameBack.has(row.transaction_id))
  if (kept) return outcomeOf(kept, transactionId, false)
  const made = (row: Row) => keyIn(wordsOf(row)).key
  const first = key === providerKey(transactionId, 1)
  const returned = ours.find((row) => made(row) === key || (first && !made(row)))
  if (returned) return outcomeOf(returned, transactionId, true)
  nameless ??= ours.find((row) => !made(row))
  if (nameless) {
    throw unsure(
      'nameless_payout',
      `${nameless.transaction_id} may be the payout ${transactionId}, but does not name it or its attempt.`
    )
  }
  if (completeUntil < keyEnd.getTime()) {
    throw unsure('search_lags', 'PayPal does not list yet what may have been sent last.')
  }
  return undefined
}

/** A search knows no batch: from here on the payout goes by its transaction. */
function outcomeOf(row: Row, transactionId: string, cameBack: boolean): ProviderMovement {
  const { transaction_id: id, transaction_status: status = '' } = row
  if (!id || !SUCCEEDED.has(status)) {
    throw unsure('payout_pending', `${id} is on its way: PayPal shows it as ${status}.`)
  }
  const amount = paidIn(row)
  return {
    id,
    transactionId,
    key: keyIn(wordsOf(row)).key,
    state: cameBack ? 'returned' : 'succeeded',
    amount,
    returnedAmount: cameBack ? amount : undefined,
    balanceSourceId: id,
    fee: row.fee_amount && opposite(row.fee_amount),
  }
}

/** Rows are signed: what leaves our balance is negative. */
function paidIn({ transaction_amount: paid }: Row): Money {
  return opposite(paid ?? { value: '', currency_code: '' })
}

function opposite({
  value,
  currency_code: currency,
}: {
  value: string
  currency_code: string
}): Money {
  const signed = fromPaypal(value, currency)
  return Money.of(-signed.minor, signed.currency)
}

function unsure(code: string, message: string): ProviderFailure {
  return new ProviderFailure('unknown', code, message)
}
