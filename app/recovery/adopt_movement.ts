import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { bookEndedFee, bookPayout, startPayout } from '#escrow/apply_payout'
import { lockPayout } from '#escrow/lock_payout'
import { settleReservation } from '#escrow/reserve'
import type Payout from '#models/payout'
import type PayoutAccount from '#models/payout_account'
import type Transaction from '#models/transaction'
import type { Rail } from '#models/transaction'
import { attemptOf, type Provider, type ProviderMovement } from '#payments/provider'
import { openRecovery } from './find_unrecovered.js'

export interface Adopt {
  payoutId: string
  /** Where the payment went, if the books still have that account. */
  account?: PayoutAccount
  provider: Provider
  /** The payment; not one that failed, which moved nothing. */
  movement: ProviderMovement
  /** Who decides it; undefined where the payment itself names the payout. */
  act?: Act
  /** The payout as it was in transit by another rail, when that rail said that it came to nothing there. */
  over?: Transaction
  /** Earlier attempts of it that came back, by their rails: they may have cost a fee. */
  ended?: { rail: Rail; movement: ProviderMovement }[]
}

/**
 * Takes a payout for the payment that was made for it: its money goes into transit on the rail that carried it,
 * and from there on it ends as the payment does. Nothing is sent. All of it is one transaction: it is adopted and
 * booked, or neither.
 *
 * Of two that adopt at once one is first, also for different payouts: a payment belongs to one.
 *
 * @returns `already` if the payout was taken for this payment before; what the payment became since is booked
 * @throws Problem 409 `wrong_state` for a payout that cannot be; `another_payment` for a payment that a transaction
 *   has; with `act` also `not_recovering`
 * @throws ProviderContradiction for another amount
 */
export async function adoptMovement(adopt: Adopt): Promise<'adopted' | 'already'> {
  const { payoutId, account, provider, movement, act, over, ended = [] } = adopt
  return inTransaction(async (trx) => {
    const { project, transaction, payout } = await lockPayout(trx, payoutId)
    if (isTakenFor(transaction, payout, adopt)) {
      await bookPayout(trx, payoutId, movement)
      return 'already'
    }
    if (act) await openRecovery(trx)
    const changesRail = over !== undefined && isAsItWas(transaction, payout, over)
    if (!changesRail) assertWaits(transaction, payout, movement)
    await assertNobodyHas(trx, adopt)
    for (const { rail, movement: back } of ended) {
      const tried = attemptOf(payoutId, back.key) ?? transaction.attempt
      await bookEndedFee(trx, transaction, back, { rail, attempt: tried })
    }
    const before = { rail: transaction.rail, attempt: transaction.attempt, state: payout.state }
    // Its next key must be one that was never used; those up to the payment's were.
    const attempt = Math.max(transaction.attempt, attemptOf(payoutId, movement.key) ?? 0)
    await trx
      .from('transactions')
      .where('id', payoutId)
      .update({
        attempt,
        provider_transaction_id: movement.id,
        provider_source_id: '',
        payment_provider: provider.name,
        rail: provider.rail,
        sent_at: db.raw('now()'),
        absent_lookups: 0,
        last_lookup_at: null,
        key_spent: false,
        wait_reason: '',
        failure_code: '',
        failure_message: '',
      })
    await trx
      .from('payouts')
      .where('transaction_id', payoutId)
      .update({
        state: 'in_transit',
        payout_account_id: account?.id ?? null,
        unclaimed: false,
        cancel_asked_at: null,
      })
    // What was in transit stays there: it is the same money, on its way by another rail.
    if (changesRail) await settleReservation(trx, payoutId)
    else await startPayout(trx, project.id, await transaction.refresh())
    if (act) {
      await recordAudit(trx, {
        ...act,
        action: 'payout.adopted',
        target: { type: 'transaction', id: payoutId },
        before,
        after: {
          provider_id: movement.id,
          rail: provider.rail,
          attempt,
          lost: movement.transactionId,
          ...(!account && { unknown_recipient: true }),
        },
      })
    }
    await bookPayout(trx, payoutId, movement)
    return 'adopted'
  })
}

/** Whether a payout stands for this payment in the books already. */
function isTakenFor(
  { rail, providerTransactionId, providerSourceId }: Transaction,
  { state }: Payout,
  { provider, movement }: Adopt
): boolean {
  if (rail !== provider.rail || !['in_transit', 'paid', 'returned'].includes(state)) return false
  return namesOf(movement).some((name) => [providerTransactionId, providerSourceId].includes(name))
}

/** PayPal has two: of the batch, and of its transaction. */
function namesOf({ id, balanceSourceId }: ProviderMovement): string[] {
  return balanceSourceId ? [id, balanceSourceId] : [id]
}

/** Nobody has learnt or done anything about it since its rail was asked. */
function isAsItWas(transaction: Transaction, payout: Payout, over: Transaction): boolean {
  return (
    payout.state === 'in_transit' &&
    transaction.status === 'pending' &&
    transaction.rail === over.rail &&
    transaction.attempt === over.attempt &&
    transaction.providerTransactionId === over.providerTransactionId &&
    transaction.sentAt?.toMillis() === over.sentAt?.toMillis() &&
    transaction.sendsOpen === over.sendsOpen
  )
}

/** One that was refused is owed as one that waits is; but only its own payment tells that it was paid since. */
function assertWaits(transaction: Transaction, payout: Payout, movement: ProviderMovement): void {
  const refused = payout.state === 'failed' && movement.transactionId === transaction.id
  if (transaction.status === 'pending' && (payout.state === 'waiting' || refused)) return
  const as = transaction.providerTransactionId && ` as ${transaction.providerTransactionId}`
  throw wrongState(
    `This payout is ${payout.state}${as} on ${transaction.rail}; only one that waits is adopted.`,
    payout.state
  )
}

/** @throws Problem 409 `another_payment` */
async function assertNobodyHas(
  trx: TransactionClientContract,
  { payoutId, provider, movement }: Adopt
): Promise<void> {
  // Two payouts have no lock in common: so whoever adopts on this rail waits for who does so now.
  await trx.rawQuery('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `adopt:${provider.rail}`,
  ])
  const names = namesOf(movement)
  const other = await trx
    .from('transactions')
    .whereNot('id', payoutId)
    .where((query) => {
      query.where((named) =>
        named
          .where('rail', provider.rail)
          .where((each) =>
            each.whereIn('provider_transaction_id', names).orWhereIn('provider_source_id', names)
          )
      )
      if (isUuid(movement.transactionId)) query.orWhere('id', movement.transactionId)
    })
    .first()
  if (other) throw another(`${movement.id} belongs to the transaction ${other.id}.`)
}

export const another = (detail: string) =>
  wrongState(`${detail} It is not the payment of this payout.`, 'waiting', {
    code: 'another_payment',
  })
