import db from '@adonisjs/lucid/services/db'
import { applyPayout } from '#escrow/apply_payout'
import { contradiction } from '#escrow/find_movement'
import { Money } from '#ledger/money'
import EscrowAccount from '#models/escrow_account'
import Payout from '#models/payout'
import PayoutAccount from '#models/payout_account'
import type Transaction from '#models/transaction'
import type { Rail } from '#models/transaction'
import { providerKey, type Provider, type ProviderMovement } from '#payments/provider'
import { offeredRails, providerFor, providerOfRail } from '#payments/registry'
import { adoptMovement } from './adopt_movement.js'

/**
 * Looks for the payment of a payout that was in a backup which was restored, and has not been sent since: after
 * the backup it may have been paid, and by another rail than its freelancer's default account is on now. So
 * every provider is asked. What is found is booked; nothing is sent.
 *
 * @returns whether it was found
 * @throws ProviderFailure while a provider cannot say; nothing may be sent then
 * @throws ProviderContradiction if it was paid by another rail than the one it is in transit on, or another amount
 *   was paid; nothing is sent then, and a person has to look
 */
export async function bookEarlierPayment(transaction: Transaction): Promise<boolean> {
  const restoredAt = await restoredSince(transaction.id)
  if (!restoredAt) return false
  const payout = await Payout.findOrFail(transaction.id)
  // Removed ones, too; one that was added after the backup is not there, so its rail is asked all the same.
  const accounts = await PayoutAccount.query().where('user_id', payout.userId)
  const ended: { rail: Rail; movement: ProviderMovement }[] = []
  for (const rail of offeredRails()) {
    const account = accounts.find((each) => providerFor(each.paymentProvider).rail === rail)
    const provider = account ? providerFor(account.paymentProvider) : providerOfRail(rail)
    const movement = await findPaymentOf(provider, transaction, restoredAt)
    if (movement?.state === 'failed') ended.push({ rail, movement })
    if (!movement || movement.state === 'failed') continue
    if (payout.state !== 'in_transit') {
      await adoptMovement({ payoutId: transaction.id, account, provider, movement, ended })
      return true
    }
    if (transaction.rail !== rail) {
      contradiction(
        transaction,
        `the books have it in transit on ${transaction.rail}, and ${movement.id} paid it on ${rail}. Nothing is sent. While the recovery is open, payouts:adopt ${transaction.id} ${movement.id} books it, if ${transaction.rail} says that it came to nothing there`
      )
    }
    await applyPayout(provider, movement)
    return true
  }
  return false
}

/** When the database was restored, if the payout was in the backup and was not sent since. */
async function restoredSince(id: string): Promise<Date | undefined> {
  const { rows } = await db.rawQuery(
    `SELECT max(r.begun_at) AS at FROM recoveries r JOIN transactions t ON t.id = ?
      WHERE t.created_at <= r.begun_at AND (t.sent_at IS NULL OR t.sent_at <= r.begun_at)`,
    [id]
  )
  return rows[0].at ?? undefined
}

/**
 * A payout as a provider has it, by its name there or else by our own id.
 *
 * @param sentUntil nothing was sent for it after that
 * @returns undefined if the provider certainly has none
 * @throws ProviderFailure if it cannot say
 */
export async function findPaymentOf(provider: Provider, transaction: Transaction, sentUntil: Date) {
  const { providerTransactionId: id, rail } = transaction
  if (id && rail === provider.rail) return provider.getPayout(id)
  const { projectId } = await EscrowAccount.findOrFail(transaction.escrowAccountId!)
  return provider.findByMetadata('payout', transaction.id, {
    projectId,
    since: transaction.createdAt.toJSDate(),
    key: providerKey(transaction.id, transaction.attempt),
    sentUntil,
    amount: Money.of(transaction.amount, transaction.currency),
  })
}
