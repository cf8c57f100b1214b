import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import { ProviderFailure, providerKey, type Provider } from '#payments/provider'
import { blockOf } from '#payments/reconcile/blocking'
import { providerFor } from '#payments/registry'
import Deposit from '#models/deposit'
import EscrowAccount from '#models/escrow_account'
import Payout from '#models/payout'
import PayoutAccount from '#models/payout_account'
import Transaction from '#models/transaction'
import { applyPayout, failPayout, startPayout, WAIT_FOR } from '#escrow/apply_payout'
import { askProvider, isStillSending, type Answer, type Ask } from '#escrow/ask_provider'
import { whyFrozen } from '#escrow/chargebacks/frozen'
import { lockProject, lockTransaction } from '#escrow/locks'
import { setting } from '#escrow/settings'
import { HELD } from '#escrow/hold_payout'
import { reserve, snapshotBalance, type BalanceSnapshot } from '#escrow/reserve'
import { isSuspended } from '#identity/suspended'
import { aboutTransaction } from '#telemetry/scope'
import { bookEarlierPayment } from '#recovery/book_earlier_payment'
import { holdPossibleSecond } from '#recovery/hold_possible_second'
import { isRecovering, RECOVERING } from '#recovery/recovering'

/**
 * Sends a payout to the freelancer's default account: moves the money from payable into transit,
 * asks the provider, and records the answer. Safe to repeat at any time.
 *
 * @returns what is known now; `settled` also when there was nothing left to do
 */
export async function sendPayout(
  transactionId: string
): Promise<'settled' | 'pending' | 'waiting' | 'unknown'> {
  aboutTransaction(transactionId)
  const found = await Transaction.find(transactionId)
  if (found?.status !== 'pending') return 'settled'

  const earlier = await bookedBefore(found)
  if (earlier) return earlier
  if (found.providerTransactionId) return readAgain(found)
  const { projectId } = await EscrowAccount.findOrFail(found.escrowAccountId!)
  const begun = await begin(found, projectId)
  if (typeof begun === 'string') return begun

  const { transaction, firstTime, destination, sourceChargeId } = begun
  const provider = providerFor(transaction.paymentProvider)
  const asking: Ask = {
    send: (key, repeated) =>
      provider.createPayout({
        key,
        repeated,
        transactionId,
        amount: Money.of(transaction.amount, transaction.currency),
        destination,
        sourceChargeId,
        projectId,
        description: 'SafeSend payout',
      }),
    get: (id) => provider.getPayout(id),
    find: (keySentAt) =>
      provider.findByMetadata('payout', transactionId, {
        projectId,
        since: transaction.createdAt.toJSDate(),
        key: providerKey(transactionId, transaction.attempt),
        keySentAt,
        amount: Money.of(transaction.amount, transaction.currency),
      }),
  }
  return askProvider(provider, transaction, firstTime, asking, (answer) =>
    record(provider, transaction, answer)
  )
}

/** What a restored backup has as unpaid may be paid: then it is booked, and while nobody can say, it waits. */
async function bookedBefore(found: Transaction): Promise<'settled' | 'unknown' | undefined> {
  try {
    return (await bookEarlierPayment(found)) ? 'settled' : undefined
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return 'unknown'
  }
}

/** What has a name at its provider was sent, and is only read; also while a recovery lets nothing go. */
async function readAgain(found: Transaction): Promise<'settled' | 'pending' | 'unknown'> {
  const provider = providerFor(found.paymentProvider)
  try {
    const movement = await provider.getPayout(found.providerTransactionId)
    await applyPayout(provider, movement)
    return movement.state === 'pending' ? 'pending' : 'settled'
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return 'unknown'
  }
}

interface Begun {
  transaction: Transaction
  firstTime: boolean
  destination: string
  /** The charge that funds it, where deposit and payout share a rail. */
  sourceChargeId?: string
}

/** Phase one: everything that has to be true before the provider may hear of it. */
async function begin(
  found: Transaction,
  projectId: string
): Promise<Begun | 'settled' | 'waiting'> {
  const account = await defaultAccount(found.userId!)
  const deposit = await Transaction.findOrFail(found.depositId!)
  const wanted = await Payout.findOrFail(found.id)
  const provider = account && providerFor(account.paymentProvider)
  const snapshot =
    provider && !found.sentAt && !drawsOnCharge(provider, deposit, wanted)
      ? await snapshotBalance(provider, found.currency)
      : undefined

  return inTransaction(async (trx) => {
    await lockProject(trx, projectId)
    // The deposit first, it is older: payouts that draw on it look at each other.
    await lockTransaction(trx, deposit.id)
    const transaction = await lockTransaction(trx, found.id)
    const payout = await Payout.query({ client: trx })
      .where('transaction_id', found.id)
      .forUpdate()
      .firstOrFail()
    if (transaction.status !== 'pending' || payout.state === 'failed') return 'settled'
    // To send it again could move money, if the provider has forgotten it; looking has been done.
    if (payout.state === 'in_transit' && (await isRecovering(trx))) return 'waiting'
    if (payout.state === 'in_transit') return resume(trx, transaction, payout)
    // It may yet be paid the way that was refused; then there is nothing left to send.
    if (await isStillSending(trx, transaction.id)) return 'waiting'

    if (account && !(await holdAccount(trx, account))) return 'waiting'
    const why = await reasonToWait(trx, transaction, {
      account,
      deposit,
      payout,
      provider,
      snapshot,
    })
    if (why !== undefined) {
      await trx.from('transactions').where('id', found.id).update({ wait_reason: why })
      return 'waiting'
    }
    await startPayout(trx, projectId, transaction)
    await trx
      .from('transactions')
      .where('id', found.id)
      .update({
        sent_at: db.raw('now()'),
        // Of an attempt that is over; it may have been on another rail.
        provider_source_id: '',
        wait_reason: '',
        failure_code: '',
        failure_message: '',
        payment_provider: account!.paymentProvider,
        rail: provider!.rail,
      })
    await trx
      .from('payouts')
      .where('transaction_id', found.id)
      .update({ state: 'in_transit', payout_account_id: account!.id })
    await transaction.refresh()
    return {
      transaction,
      firstTime: true,
      destination: account!.destination,
      sourceChargeId: await sourceCharge(trx, provider!, deposit, payout),
    }
  })
}

/** It was sent before: the same request again, to the account that it went to then. */
async function resume(
  trx: TransactionClientContract,
  transaction: Transaction,
  payout: Payout
): Promise<Begun> {
  const account = await PayoutAccount.query({ client: trx })
    .where('id', payout.payoutAccountId!)
    .firstOrFail()
  const deposit = await Transaction.query({ client: trx })
    .where('id', transaction.depositId!)
    .firstOrFail()
  const firstTime = transaction.sentAt === null
  if (firstTime) {
    await trx
      .from('transactions')
      .where('id', transaction.id)
      .update({ sent_at: db.raw('now()') })
    await transaction.refresh()
  }
  return {
    transaction,
    firstTime,
    destination: account.destination,
    sourceChargeId: await sourceCharge(
      trx,
      providerFor(transaction.paymentProvider),
      deposit,
      payout
    ),
  }
}

/** What a payout waits for that its freelancer, or we, have to do; in words for the freelancer. */
export const WAITS = {
  no_account: 'Add a payout account; the money is sent as soon as there is one.',
  account_not_set_up:
    'The payout account cannot receive money yet; finish its set-up at the provider.',
  deposit_used_up:
    'The deposit that it draws on is used up at the provider; support is looking into it.',
} as const

interface Circumstances {
  account?: PayoutAccount
  deposit: Transaction
  payout: Payout
  provider?: Provider
  snapshot?: BalanceSnapshot
}

/** Why a payout cannot start now, in words for the freelancer; undefined if it can. */
async function reasonToWait(
  trx: TransactionClientContract,
  transaction: Transaction,
  { account, deposit, payout, provider, snapshot }: Circumstances
): Promise<string | undefined> {
  if (await isRecovering(trx)) return RECOVERING
  if (payout.heldAt || (await holdPossibleSecond(trx, transaction))) return HELD
  const due = await trx
    .from('payouts')
    .where('transaction_id', transaction.id)
    .where('not_before', '<=', db.raw('now()'))
    .first()
  if (!due) return 'The hold period after the release is not over yet.'
  if (await isSuspended(trx, payout.userId)) {
    return 'The account of who is paid is suspended; it is sent once they are let back.'
  }
  const frozen = await whyFrozen(trx, deposit.id)
  if (frozen) return `The payment that it draws on ${frozen}.`
  if (!account) return WAITS.no_account
  if (account.status !== 'enabled') {
    return WAITS.account_not_set_up
  }
  const thresholds = await setting(trx, 'break_block_threshold')
  const blocked = await blockOf(trx, provider!.rail, thresholds)
  if (blocked) return blocked
  if (!drawsOnCharge(provider!, deposit, payout)) {
    const { id, amount, currency } = transaction
    // Of the rail that it will leave by, which the row names only once it has started.
    const wanted = { id, amount, currency, rail: provider!.rail }
    const covered = snapshot !== undefined && (await reserve(trx, wanted, snapshot))
    return covered ? undefined : WAIT_FOR.balance_insufficient
  }
  return (await chargeCovers(trx, deposit, transaction)) ? undefined : WAITS.deposit_used_up
}

/**
 * A transfer that names its source charge draws on that charge, not on our balance: the sum of them
 * cannot exceed it (Stripe, separate charges and transfers).
 */
async function chargeCovers(
  trx: TransactionClientContract,
  deposit: Transaction,
  transaction: Transaction
): Promise<boolean> {
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(t.amount - p.returned_amount), 0)::bigint AS drawn
       FROM payouts p JOIN transactions t ON t.id = p.transaction_id
      WHERE t.deposit_id = ? AND t.rail = ? AND t.id <> ? AND p.release_id IS NOT NULL
        AND p.state IN ('in_transit', 'paid', 'returned')`,
    [deposit.id, deposit.rail, transaction.id]
  )
  return BigInt(rows[0].drawn) + transaction.amount <= deposit.amount
}

/**
 * Where deposit and payout share a rail whose payouts can name their charge, they need no balance of ours.
 * What a freelancer is given back after a chargeback is in our balance, and in no charge.
 */
function drawsOnCharge(provider: Provider, deposit: Transaction, payout: Payout): boolean {
  const isRelease = payout.releaseId !== null
  return isRelease && provider.payoutsDrawOnCharge && provider.rail === deposit.rail
}

async function sourceCharge(
  trx: TransactionClientContract,
  provider: Provider,
  deposit: Transaction,
  payout: Payout
): Promise<string | undefined> {
  if (!drawsOnCharge(provider, deposit, payout)) return undefined
  const { chargeId } = await Deposit.query({ client: trx })
    .where('transaction_id', deposit.id)
    .firstOrFail()
  return chargeId
}

/**
 * Keeps the account as it was chosen until this transaction ends: it may have been removed, or have
 * stopped being the default, since it was read. Then the change wakes the payout once more.
 */
async function holdAccount(
  trx: TransactionClientContract,
  account: PayoutAccount
): Promise<boolean> {
  const same = await PayoutAccount.query({ client: trx })
    .where('id', account.id)
    .where('is_default', true)
    .where('status', account.status)
    .whereNull('deleted_at')
    .forShare()
    .first()
  return same !== null
}

async function defaultAccount(userId: string): Promise<PayoutAccount | undefined> {
  const account = await PayoutAccount.query()
    .where('user_id', userId)
    .where('is_default', true)
    .whereNull('deleted_at')
    .first()
  return account ?? undefined
}

async function record(provider: Provider, transaction: Transaction, answer: Answer) {
  switch (answer.kind) {
    case 'observed':
      await applyPayout(provider, answer.movement)
      return answer.movement.state === 'pending' ? 'pending' : 'settled'
    case 'declined': {
      const waitReason = WAIT_FOR[answer.code]
      const { code, message } = answer
      await failPayout(transaction.id, transaction.attempt, { code, message, waitReason })
      return waitReason === undefined ? 'settled' : 'waiting'
    }
    case 'absent':
    case 'unknown':
      return 'unknown'
  }
}
