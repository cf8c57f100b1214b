import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { inWords } from '#escrow/about'
import { applyPayout, payoutStarted } from '#escrow/apply_payout'
import { lockPayout } from '#escrow/lock_payout'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { Money } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import type PayoutAccount from '#models/payout_account'
import type { Provider, ProviderMovement } from '#payments/provider'

export interface Adopt {
  payoutId: string
  /** Where the payment went, if the books still have that account. */
  account?: PayoutAccount
  provider: Provider
  /** The payment; not one that failed, which moved nothing. */
  movement: ProviderMovement
  /** Who decides it; undefined where the payment itself names the payout. */
  act?: Act
}

/**
 * Takes a payout that waits for the payment that was made for it: its money goes into transit on the rail that
 * carried it, and from there on it ends as the payment does. Nothing is sent.
 *
 * @throws Problem 409 `wrong_state` for a payout that does not wait; `another_payment` for one that a
 *   transaction has
 */
export async function adoptMovement({ payoutId, account, provider, movement, act }: Adopt) {
  await inTransaction(async (trx) => {
    const { project, transaction, payout } = await lockPayout(trx, payoutId)
    if (transaction.status !== 'pending' || payout.state !== 'waiting') {
      throw wrongState(
        `This payout is ${payout.state}; only one that waits is adopted.`,
        payout.state
      )
    }
    const other = await trx
      .from('transactions')
      .where((query) =>
        query.where('rail', provider.rail).where('provider_transaction_id', movement.id)
      )
      .orWhere('id', movement.transactionId || payoutId)
      .whereNot('id', payoutId)
      .first()
    if (other) throw another(`${movement.id} belongs to the transaction ${other.id}.`)
    await trx
      .from('transactions')
      .where('id', payoutId)
      .update({
        provider_transaction_id: movement.id,
        payment_provider: provider.name,
        rail: provider.rail,
        sent_at: db.raw('now()'),
        wait_reason: '',
        failure_code: '',
        failure_message: '',
      })
    await trx
      .from('payouts')
      .where('transaction_id', payoutId)
      .update({ state: 'in_transit', payout_account_id: account?.id ?? null })
    await transaction.refresh()
    await postEntries(trx, [payoutStarted(transaction)])
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: transaction.milestoneId,
      subject: { type: 'transaction', id: payoutId },
      actor: SYSTEM,
      action: 'payout.started',
      from: 'pending',
      to: 'pending',
      details: inWords(Money.of(transaction.amount, transaction.currency)),
    })
    if (!act) return
    await recordAudit(trx, {
      ...act,
      action: 'payout.adopted',
      target: { type: 'transaction', id: payoutId },
      after: { provider_id: movement.id, rail: provider.rail, lost: movement.transactionId },
    })
  })
  await applyPayout(provider, movement)
}

export const another = (detail: string) =>
  wrongState(`${detail} It is not the payment of this payout.`, 'waiting', {
    code: 'another_payment',
  })
