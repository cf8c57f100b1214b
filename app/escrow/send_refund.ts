import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import { providerKey, type Provider } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Deposit from '#models/deposit'
import EscrowAccount from '#models/escrow_account'
import Transaction from '#models/transaction'
import { applyRefund, failRefund } from '#escrow/apply_refund'
import { askProvider, startNewAttempt, type Answer, type Ask } from '#escrow/ask_provider'
import { lockTransaction } from '#escrow/locks'
import { FROZEN_DEPOSIT, whyFrozen } from '#escrow/chargebacks/frozen'
import { reserve, settleReservation, snapshotBalance, type BalanceSnapshot } from '#escrow/reserve'
import { aboutTransaction } from '#telemetry/scope'
import { isRecovering, RECOVERING } from '#recovery/recovering'

/** Declines that time mends: the refund waits and is tried again. */
const WAIT_FOR: Record<string, string> = {
  balance_insufficient: 'Our balance at the payment provider does not cover it yet.',
  charge_disputed: "The payment is disputed with the payer's bank; it is decided there first.",
}

/**
 * Phases two and three of a refund: reserves it against our balance at the provider, asks the
 * provider, and records the answer. Safe to repeat at any time.
 *
 * A balance that does not suffice, or an open dispute of its payment, makes it wait, visibly; an unknown
 * outcome leaves it in transit. One that its rail refuses, because it is too late or the payment was charged
 * back, is owed to the client from then on.
 *
 * @returns what is known now; `settled` also when there was nothing left to do
 */
export async function sendRefund(
  transactionId: string
): Promise<'settled' | 'pending' | 'waiting' | 'unknown'> {
  aboutTransaction(transactionId)
  const refund = await Transaction.find(transactionId)
  if (refund?.status !== 'pending') return 'settled'
  const provider = providerFor(refund.paymentProvider)

  const begun = await begin(provider, refund)
  if (begun === 'settled' || begun === 'waiting') return begun

  return ask(provider, begun.refund, begun.firstTime)
}

/** Reserves, and notes that the provider may hear of it from now on. */
async function begin(provider: Provider, refund: Transaction) {
  const snapshot = refund.sentAt ? undefined : await snapshotBalance(provider, refund.currency)
  return inTransaction(async (trx) => {
    const current = await lockTransaction(trx, refund.id)
    if (current.status !== 'pending') return 'settled' as const
    // To send it again could move money, if the provider has forgotten it.
    if (current.sentAt && (await isRecovering(trx))) return 'waiting' as const
    if (current.sentAt) return { refund: current, firstTime: false }
    const why = await reasonToWait(trx, current, snapshot)
    if (why) {
      current.waitReason = why
      await current.save()
      return 'waiting' as const
    }
    await trx
      .from('transactions')
      .where('id', refund.id)
      .update({ sent_at: db.raw('now()'), wait_reason: '' })
    await current.refresh()
    return { refund: current, firstTime: true }
  })
}

/** Why a refund cannot be sent now, in words for its client; undefined if it can. */
async function reasonToWait(
  trx: TransactionClientContract,
  refund: Transaction,
  snapshot?: BalanceSnapshot
): Promise<string | undefined> {
  if (await isRecovering(trx)) return RECOVERING
  // The bank may give its payer the same money.
  const frozen = await whyFrozen(trx, refund.depositId!)
  if (frozen) return `The payment ${frozen}.`
  const covered = snapshot !== undefined && (await reserve(trx, refund, snapshot))
  return covered ? undefined : WAIT_FOR.balance_insufficient
}

async function ask(provider: Provider, refund: Transaction, firstTime: boolean) {
  const { chargeId } = await Deposit.findOrFail(refund.depositId!)
  const { projectId } = await EscrowAccount.findOrFail(refund.escrowAccountId!)
  const asking: Ask = {
    send: (key) =>
      provider.refund({
        key,
        transactionId: refund.id,
        chargeId,
        amount: Money.of(refund.amount, refund.currency),
        reason: 'requested_by_customer',
      }),
    get: (id) => provider.getRefund(id),
    find: (keySentAt) =>
      provider.findByMetadata('refund', refund.id, {
        projectId,
        chargeId,
        since: refund.createdAt.toJSDate(),
        key: providerKey(refund.id, refund.attempt),
        keySentAt,
        amount: Money.of(refund.amount, refund.currency),
      }),
  }
  return askProvider(provider, refund, firstTime, asking, (answer) =>
    record(provider, refund, answer)
  )
}

async function record(provider: Provider, refund: Transaction, answer: Answer) {
  switch (answer.kind) {
    case 'observed':
      await applyRefund(provider, answer.movement)
      return answer.movement.state === 'pending' ? 'pending' : 'settled'
    case 'declined': {
      const { code, message } = answer
      const decided = code === 'charge_disputed' && (await isDecided(refund))
      if (WAIT_FOR[code] && !decided) {
        await wait(refund.id, refund.attempt, WAIT_FOR[code])
        return 'waiting'
      }
      await failRefund(refund.id, refund.attempt, { code, message })
      return 'settled'
    }
    case 'absent':
    case 'unknown':
      return 'unknown'
  }
}

/** We look for disputes every hour, so within so many days we would have heard of one. */
const NEWS_OF_DISPUTE_DAYS = 14

/**
 * Whether no decision is to be waited for although the provider calls the payment disputed: providers say
 * so of a payment that was charged back, for ever.
 */
async function isDecided({ id, depositId }: Transaction): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `SELECT FROM transactions t JOIN deposits d ON d.transaction_id = ?
      WHERE t.id = ? AND NOT ${FROZEN_DEPOSIT}
        AND (t.created_at < now() - make_interval(days => ?)
          OR EXISTS (SELECT FROM chargebacks WHERE deposit_id = t.deposit_id AND state = 'lost'))`,
    [depositId, id, NEWS_OF_DISPUTE_DAYS]
  )
  return rows.length > 0
}

/**
 * The provider itself says that it cannot be now: a definite failure, so a new attempt later. Unless that
 * has begun already: a third one beside it would refund twice.
 */
async function wait(transactionId: string, attempt: number, reason: string): Promise<void> {
  await inTransaction(async (trx) => {
    const current = await lockTransaction(trx, transactionId)
    if (current.status !== 'pending' || current.attempt !== attempt) return
    current.waitReason = reason
    await current.save()
    await settleReservation(trx, transactionId)
    await startNewAttempt(trx, transactionId)
  })
}
