import { inTransaction } from '#database/transaction'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import { providerKey, type Provider } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Deposit from '#models/deposit'
import EscrowAccount from '#models/escrow_account'
import Transaction from '#models/transaction'
import { applyRefund, failRefund } from '#escrow/apply_refund'
import { askProvider, startNewAttempt, type Answer } from '#escrow/ask_provider'
import { lockTransaction } from '#escrow/locks'
import { reserve, settleReservation, snapshotBalance } from '#escrow/reserve'

/**
 * Phases two and three of a refund: reserves it against our balance at the provider, asks the
 * provider, and records the answer. Safe to repeat at any time.
 *
 * A balance that does not suffice makes it wait, visibly; an unknown outcome leaves it in transit.
 *
 * @returns what is known now; `settled` also when there was nothing left to do
 */
export async function sendRefund(
  transactionId: string
): Promise<'settled' | 'pending' | 'waiting' | 'unknown'> {
  const refund = await Transaction.find(transactionId)
  if (refund?.status !== 'pending') return 'settled'
  const provider = providerFor(refund.paymentProvider)

  const begun = await begin(provider, refund)
  if (begun === 'settled' || begun === 'waiting') return begun

  const answer = await ask(provider, begun.refund, begun.firstTime)
  return record(provider, begun.refund, answer)
}

/** Reserves, and notes that the provider may hear of it from now on. */
async function begin(provider: Provider, refund: Transaction) {
  const snapshot = refund.sentAt ? undefined : await snapshotBalance(provider, refund.currency)
  return inTransaction(async (trx) => {
    const current = await lockTransaction(trx, refund.id)
    if (current.status !== 'pending') return 'settled' as const
    if (current.sentAt) return { refund: current, firstTime: false }
    if (!snapshot || !(await reserve(trx, current, snapshot))) {
      current.waitReason = 'Our balance at the payment provider does not cover it yet.'
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

async function ask(provider: Provider, refund: Transaction, firstTime: boolean): Promise<Answer> {
  const { chargeId } = await Deposit.findOrFail(refund.depositId!)
  const { projectId } = await EscrowAccount.findOrFail(refund.escrowAccountId!)
  return askProvider(provider, refund, firstTime, {
    send: (key) =>
      provider.refund({
        key,
        transactionId: refund.id,
        chargeId,
        amount: Money.of(refund.amount, refund.currency),
        reason: 'requested_by_customer',
      }),
    get: (id) => provider.getRefund(id),
    find: () =>
      provider.findByMetadata('refund', refund.id, {
        projectId,
        chargeId,
        since: refund.createdAt.toJSDate(),
        key: providerKey(refund.id, refund.attempt),
      }),
  })
}

async function record(provider: Provider, refund: Transaction, answer: Answer) {
  switch (answer.kind) {
    case 'observed':
      await applyRefund(provider, answer.movement)
      return answer.movement.state === 'pending' ? 'pending' : 'settled'
    case 'declined':
      if (answer.code === 'balance_insufficient') {
        await waitForBalance(refund.id, refund.attempt)
        return 'waiting'
      }
      await failRefund(refund.id, refund.attempt, { code: answer.code, message: answer.message })
      return 'settled'
    case 'absent':
    case 'unknown':
      return 'unknown'
  }
}

/**
 * The provider itself says that the balance is short: a definite failure, so a new attempt later. Unless
 * that has begun already: a third one beside it would refund twice.
 */
async function waitForBalance(transactionId: string, attempt: number): Promise<void> {
  await inTransaction(async (trx) => {
    const current = await lockTransaction(trx, transactionId)
    if (current.status !== 'pending' || current.attempt !== attempt) return
    current.waitReason = 'Our balance at the payment provider does not cover it yet.'
    await current.save()
    await settleReservation(trx, transactionId)
    await startNewAttempt(trx, transactionId)
  })
}
