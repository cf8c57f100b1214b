import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { NIL, validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { enqueue } from '#jobs/queue'
import wakePayouts from '#jobs/wake_payouts'
import PayoutAccount from '#models/payout_account'
import type { PaymentProvider } from '#models/transaction'
import { notify } from '#notifications/notify'
import {
  ProviderFailure,
  type Provider,
  type RecipientPayout,
  type RecipientState,
} from '#payments/provider'
import { tellOfAccount } from '#payments/tell_of_account'

/** How often we ask again about a recipient that others keep recording meanwhile. */
const MOST_TRIES = 5

/**
 * Asks the provider how a recipient stands and records it. Several may ask at once, and a slow answer may
 * be older than what is recorded when it comes: then that stays, and we ask again.
 *
 * @param ask fetches the state as it is now
 * @returns false if the recipient is none of ours
 * @throws ProviderFailure what `ask` throws; `retry` if it was recorded meanwhile every time
 */
export async function observeRecipient(
  provider: PaymentProvider,
  ask: () => Promise<RecipientState>
): Promise<boolean> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS asked_at')
    const outcome = await recordRecipient(provider, await ask(), rows[0].asked_at)
    if (outcome !== 'outdated') return outcome === 'recorded'
  }
  throw new ProviderFailure('retry', 'recipient_busy', 'The account keeps changing.')
}

/**
 * Shows a freelancer how the last payout from their own balance at the provider to their bank ended, and
 * tells them of each that failed, once. The money is back in that balance, where the provider sends it from: it is none of ours any
 * more, so nothing is booked and nothing paid again.
 *
 * @param payoutId the provider's id, of the payout at `destination`
 * @returns false if the recipient is none of ours
 */
export async function tellOfBankPayout(
  provider: Provider,
  payoutId: string,
  destination: string
): Promise<boolean> {
  const account = await PayoutAccount.query()
    .where('payment_provider', provider.name)
    .where('destination', destination)
    .first()
  if (!account) return false
  const payout = await provider.getRecipientPayout(payoutId, destination)
  if (payout?.state !== 'failed' && payout?.state !== 'paid') return true
  await inTransaction(async (trx) => {
    // Whoever tells this user something holds the row that numbers it: nobody tells the same meanwhile.
    await trx.from('users').where('id', account.userId).forUpdate().select('id')
    await showBankPayout(trx, account, payout)
    if (payout.state === 'paid') return
    const told = await trx
      .from('notifications')
      .where('user_id', account.userId)
      .where('kind', 'payout_account.bank_payout_failed')
      .whereRaw(`data->>'bank_payout_id' = ?`, [payout.id])
      .first()
    if (told) return
    await notify(trx, {
      userId: account.userId,
      kind: 'payout_account.bank_payout_failed',
      data: {
        payout_account_id: account.id,
        payment_provider: provider.name,
        bank_payout_id: payout.id,
        amount: payout.amount?.toDecimal(),
        currency: payout.amount?.currency,
        reason: payout.failureMessage,
      },
    })
  })
  return true
}

/**
 * News of an older payout changes nothing. One that was paid may fail later, but not the other way round,
 * whichever of two looks at it is recorded last.
 */
async function showBankPayout(
  trx: TransactionClientContract,
  account: PayoutAccount,
  payout: RecipientPayout
): Promise<void> {
  const at = payout.createdAt.toISOString()
  const shown = {
    id: payout.id,
    state: payout.state,
    at,
    amount: payout.amount?.toDecimal() ?? null,
    currency: payout.amount?.currency ?? null,
    reason: payout.failureMessage,
  }
  await trx
    .from('payout_accounts')
    .where('id', account.id)
    .whereRaw(
      `(last_bank_payout IS NULL OR (last_bank_payout->>'at')::timestamptz <= ?
        AND NOT (last_bank_payout->>'id' = ? AND last_bank_payout->>'state' = 'failed'))`,
      [at, payout.id]
    )
    .update({ last_bank_payout: JSON.stringify(shown) })
}

/**
 * Records a recipient's state. One that can be paid from now on gets what waited.
 *
 * @param askedAt by the database's clock: an answer asked for before the last one was recorded may be
 *   older than that, and is `outdated`
 */
async function recordRecipient(
  provider: PaymentProvider,
  state: RecipientState,
  askedAt: string
): Promise<'recorded' | 'outdated' | 'not_ours'> {
  return inTransaction(async (trx) => {
    const account = await lockAccount(trx, provider, state)
    if (!account) return 'not_ours'
    const { destination, status, requirements } = state
    const recorded = await trx
      .from('payout_accounts')
      .where('id', account.id)
      .whereRaw('(status_at IS NULL OR status_at < ?)', [askedAt])
      .update({
        destination,
        status,
        requirements: JSON.stringify(requirements),
        // Not `now()`, the transaction's beginning: others may have asked since then.
        status_at: db.raw('clock_timestamp()'),
        updated_at: db.raw('now()'),
      })
      .returning('id')
    if (recorded.length === 0) return 'outdated'
    if (account.deletedAt) return 'recorded'
    if (!account.destination) {
      await tellOfAccount(trx, account, 'payout_account.added', { is_default: account.isDefault })
    }
    if (account.status === status) return 'recorded'
    // Payouts go to the default account. Another one changes nothing for what was refused there.
    if (status === 'enabled' && account.isDefault) {
      await enqueue(trx, wakePayouts, { userId: account.userId })
    }
    if (status === 'enabled' || status === 'restricted' || status === 'disabled') {
      await notify(trx, {
        userId: account.userId,
        kind: `payout_account.${status}`,
        data: { payout_account_id: account.id, payment_provider: provider },
      })
    }
    return 'recorded'
  })
}

/**
 * By the provider's id, or before we have heard of it, by ours. One query, so that whoever waits for
 * the lock while another writes the provider's id still finds the row.
 */
async function lockAccount(
  trx: TransactionClientContract,
  provider: PaymentProvider,
  { destination, payoutAccountId }: RecipientState
): Promise<PayoutAccount | null> {
  const ours = isUuid(payoutAccountId) ? payoutAccountId : NIL
  return PayoutAccount.query({ client: trx })
    .where('payment_provider', provider)
    .whereRaw(`(destination = ? OR (id = ? AND destination = ''))`, [destination, ours])
    .orderBy('destination', 'desc')
    .forUpdate()
    .first()
}
