import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import type { Provider, ProviderMovement } from '#payments/provider'
import type Milestone from '#models/milestone'
import Payout from '#models/payout'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import type { Rail } from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import { startNewAttempt } from '#escrow/ask_provider'
import { lockDebts } from '#escrow/chargebacks/debts'
import { offsetDebt } from '#escrow/chargebacks/offset_debt'
import { assertOnlyOne, contradiction, findMovement, isOver } from '#escrow/find_movement'
import { lockTransactionWithProject } from '#escrow/locks'
import { PROVIDER, recordActivity, SYSTEM } from '#escrow/record_activity'
import { settleReservation } from '#escrow/reserve'

/** Refusals that time or the recipient can mend: the payout waits and is tried again. */
export const WAIT_FOR: Record<string, string> = {
  balance_insufficient: 'Our balance at the payment provider does not cover it yet.',
  insufficient_capabilities_for_transfer: 'The payout account cannot receive money yet.',
}

/** The code of a payout that nobody had claimed, and that we asked back. It came back, which is no refusal. */
export const TAKEN_BACK = 'taken_back'

interface Locked {
  trx: TransactionClientContract
  project: Project
  milestones: Milestone[]
  transaction: Transaction
  payout: Payout
  amount: Money
}

/**
 * Brings our books to what a provider says of a payout, in any order and any number of times.
 *
 * - succeeded: payout_in_transit → clearing; also if we had taken it for refused
 * - pending: what it waits for is shown, such as a recipient who has not claimed it
 * - failed: payout_in_transit → payable; it is still owed
 * - returned after it had succeeded, in whole or in part: clearing → payable
 *
 * What becomes payable again settles what the freelancer owes us first, as all that is payable.
 *
 * @returns false if the payout is none of ours
 * @throws ProviderContradiction for another amount than ours, or a second payout for the same release
 */
export async function applyPayout(
  provider: Provider,
  observed: ProviderMovement
): Promise<boolean> {
  const found = await findMovement('payout', provider, observed)
  if (!found) return false
  await inTransaction((trx) => bookPayout(trx, found.id, observed))
  return true
}

/**
 * As `applyPayout`, of a payout that is known to be the one observed; all of it in the caller's transaction.
 *
 * @throws ProviderContradiction
 */
export async function bookPayout(
  trx: TransactionClientContract,
  id: string,
  observed: ProviderMovement
): Promise<void> {
  const locked = await lock(trx, id)
  const { transaction, payout, amount } = locked
  // The same news may come twice at once; the first has ended the attempt, and the next may be on its way.
  if (isOver(transaction, observed)) return
  assertOnlyOne(transaction, observed)
  if (!observed.amount.equals(amount)) {
    contradiction(
      transaction,
      `the provider reports ${observed.amount} for ${observed.id}, and ours is ${amount}. Nothing is booked, and nothing is sent. Take in what the provider told (inbox:backfill): a debt may have made it less. If they differ still, see docs/runbook.md, "Somebody was paid wrongly"`
    )
  }
  if (payout.state === 'cancelled' && observed.state !== 'failed') {
    contradiction(transaction, `it was cancelled, and ${observed.id} moves its money all the same`)
  }
  // Some rails say "returned" of what was paid and of what nobody ever claimed: our books know which.
  const wasPaid = transaction.status === 'completed'
  if (observed.state === 'failed' && !wasPaid) {
    transaction.providerSourceId = observed.balanceSourceId ?? transaction.providerSourceId
    await transaction.save()
    await bookEndedFee(trx, transaction, observed)
    await fail(locked, payout.cancelAskedAt ? takenBack : refusalOf(observed))
    return
  }
  transaction.providerTransactionId ||= observed.id
  transaction.providerSourceId = observed.balanceSourceId ?? transaction.providerSourceId
  await transaction.save()
  if (observed.debited) await settleReservation(trx, transaction.id)
  if (observed.state === 'pending') {
    await showWait(locked, observed)
    return
  }
  await succeed(locked)
  await bookFee(locked, observed.fee)
  if (observed.state !== 'succeeded') {
    await bringBack(locked, observed.returnedAmount ?? observed.amount)
  }
}

/**
 * Records that the provider definitely refused a payout. Does nothing when a later attempt is under way:
 * to take its money back while it may succeed would pay twice.
 *
 * @param attempt which one was refused
 * @param failure.waitReason if time or the recipient can mend it: the payout waits instead of failing
 */
export async function failPayout(
  transactionId: string,
  attempt: number,
  failure: { code: string; message: string; waitReason?: string }
): Promise<void> {
  await inTransaction(async (trx) => {
    const locked = await lock(trx, transactionId)
    if (locked.transaction.attempt === attempt) await fail(locked, failure)
  })
}

const takenBack = {
  code: TAKEN_BACK,
  message: 'Nobody had claimed the payout, and it was taken back.',
}

function refusalOf({ failureCode, failureMessage }: ProviderMovement) {
  return {
    code: failureCode ?? 'payout_failed',
    message: failureMessage ?? 'The provider could not carry the payout.',
    waitReason: WAIT_FOR[failureCode ?? ''],
  }
}

async function lock(trx: TransactionClientContract, id: string): Promise<Locked> {
  const locks = await lockTransactionWithProject(trx, id)
  const payout = await Payout.query({ client: trx })
    .where('transaction_id', id)
    .forUpdate()
    .firstOrFail()
  const amount = Money.of(locks.transaction.amount, locks.transaction.currency)
  return { trx, ...locks, payout, amount }
}

async function succeed(locked: Locked): Promise<void> {
  const { trx, transaction, payout, amount } = locked
  if (transaction.status !== 'pending') return
  await postEntries(trx, [
    ...(payout.state === 'in_transit' ? [] : [payoutStarted(transaction)]),
    {
      reference: `payout_confirmed:${transaction.id}`,
      kind: 'payout_confirmed',
      ...origin(transaction),
      postings: [
        debit(accounts.payoutInTransit(transaction.id), amount),
        credit(accounts.clearing(transaction.rail), amount),
      ],
    },
  ])
  await trx
    .from('transactions')
    .where('id', transaction.id)
    .update({
      status: 'completed',
      failure_code: '',
      failure_message: '',
      wait_reason: '',
      completed_at: db.raw('now()'),
    })
  await trx
    .from('payouts')
    .where('transaction_id', transaction.id)
    .update({ state: 'paid', unclaimed: false })
  await settleReservation(trx, transaction.id)
  await tell(locked, 'payout.paid', 'completed')
}

/** What the freelancer can do about it shows on the payout; it is on its way meanwhile, and not paid. */
async function showWait(
  { trx, transaction }: Locked,
  { waitReason = '', unclaimed = false }: ProviderMovement
): Promise<void> {
  if (transaction.status !== 'pending') return
  await trx.from('transactions').where('id', transaction.id).update({ wait_reason: waitReason })
  await trx.from('payouts').where('transaction_id', transaction.id).update({ unclaimed })
}

/**
 * What the provider took for a payout is ours to bear, and has an entry of its own: it may become known
 * only later. What it says of a fee that is booked does not matter here; reconciliation compares it.
 */
async function bookFee({ trx, transaction }: Locked, fee?: Money): Promise<void> {
  const attempt = transaction.attempt > 1 ? `:${transaction.attempt}` : ''
  await postFee(trx, transaction, fee, `provider_fee:${transaction.id}${attempt}`)
}

/**
 * An attempt that came back has cost its fee, too, and the next one has its own. By then the transaction goes by
 * another name, maybe on another rail; so the entry says itself what the provider calls this one.
 *
 * @param on the rail and attempt that it was, if they are not the transaction's any more
 */
export async function bookEndedFee(
  trx: TransactionClientContract,
  transaction: Transaction,
  { id, balanceSourceId, fee }: ProviderMovement,
  on: { rail: Rail; attempt: number } = transaction
): Promise<void> {
  const reference = `provider_fee:${transaction.id}:${on.attempt}:${balanceSourceId ?? id}`
  await postFee(trx, transaction, fee, reference, on.rail)
}

async function postFee(
  trx: TransactionClientContract,
  transaction: Transaction,
  fee: Money | undefined,
  reference: string,
  rail: Rail = transaction.rail
): Promise<void> {
  if (!fee?.isPositive || fee.currency !== transaction.currency) return
  if (await trx.from('journal_entries').where('reference', reference).first()) return
  await postEntries(trx, [
    {
      reference,
      kind: 'provider_fee',
      ...origin(transaction),
      postings: [debit(accounts.providerFee(), fee), credit(accounts.clearing(rail), fee)],
    },
  ])
}

async function fail(
  locked: Locked,
  failure: { code: string; message: string; waitReason?: string }
): Promise<void> {
  const { trx, transaction, payout, amount } = locked
  if (transaction.status !== 'pending' || payout.state !== 'in_transit') return
  await lockDebts(trx, transaction.userId!, transaction.currency)
  await postEntries(trx, [
    {
      reference: `payout_failed:${transaction.id}:${transaction.attempt}`,
      kind: 'payout_failed',
      reverses: await openStart(trx, transaction.id),
      ...origin(transaction),
      postings: [
        debit(accounts.payoutInTransit(transaction.id), amount),
        credit(accounts.payable(transaction.userId!), amount),
      ],
    },
  ])
  const waits = failure.waitReason !== undefined
  await trx
    .from('transactions')
    .where('id', transaction.id)
    .update({
      wait_reason: failure.waitReason ?? '',
      failure_code: failure.code,
      failure_message: failure.message.slice(0, 500),
      provider_transaction_id: '',
    })
  await trx
    .from('payouts')
    .where('transaction_id', transaction.id)
    .update({ state: waits ? 'waiting' : 'failed', unclaimed: false, cancel_asked_at: null })
  await startNewAttempt(trx, transaction.id)
  await settleReservation(trx, transaction.id)
  await offsetDebt(trx, transaction.userId!, transaction.currency)
  if (waits) await recordWait(locked, failure.waitReason!)
  else await tell(locked, 'payout.failed', 'pending', { code: failure.code })
}

/** A refusal that time or the recipient mends is history, but no news for anybody. */
async function recordWait({ trx, project, transaction }: Locked, reason: string): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId,
    subject: { type: 'transaction', id: transaction.id },
    actor: PROVIDER,
    action: 'payout.waiting',
    from: 'pending',
    to: 'pending',
    details: { reason },
  })
}

/**
 * The entry that took the money into transit. It may be an earlier attempt's: one that was given up as
 * absent leaves the money in transit for the next.
 */
async function openStart(trx: TransactionClientContract, id: string): Promise<string> {
  const { rows } = await trx.rawQuery(
    `SELECT e.reference FROM journal_entries e
      WHERE e.transaction_id = ? AND e.kind = 'payout_started'
        AND NOT EXISTS (SELECT FROM journal_entries r WHERE r.reverses = e.id)`,
    [id]
  )
  return rows[0].reference
}

/**
 * A reversal tells the sum that came back so far, so only what is new of it is posted. The entry's
 * reference carries that sum: the same news twice is one entry.
 */
async function bringBack(locked: Locked, returned: Money): Promise<void> {
  const { trx, transaction } = locked
  await lockDebts(trx, transaction.userId!, transaction.currency)
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(p.amount), 0)::bigint AS minor
       FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.direction = 'credit'
      WHERE e.transaction_id = ? AND e.kind = 'payout_returned'`,
    [transaction.id]
  )
  const fresh = returned.subtract(Money.of(BigInt(rows[0].minor), returned.currency))
  if (!fresh.isPositive) return
  await postEntries(trx, [
    {
      reference: `payout_returned:${transaction.id}:${returned.minor}`,
      kind: 'payout_returned',
      ...origin(transaction),
      postings: [
        debit(accounts.clearing(transaction.rail), fresh),
        credit(accounts.payable(transaction.userId!), fresh),
      ],
    },
  ])
  await trx
    .from('payouts')
    .where('transaction_id', transaction.id)
    .update({ state: 'returned', returned_amount: returned.minor.toString() })
  const offset = await offsetDebt(trx, transaction.userId!, transaction.currency)
  await tell({ ...locked, amount: fresh }, 'payout.returned', 'completed', {
    ...(offset.isPositive && { debt_offset: offset.toDecimal() }),
  })
}

/** Takes a payout's money into transit, for its current attempt, and tells its project's history. */
export async function startPayout(
  trx: TransactionClientContract,
  projectId: string,
  transaction: Transaction
): Promise<void> {
  await postEntries(trx, [payoutStarted(transaction)])
  await recordActivity(trx, {
    projectId,
    milestoneId: transaction.milestoneId,
    subject: { type: 'transaction', id: transaction.id },
    actor: SYSTEM,
    action: 'payout.started',
    from: 'pending',
    to: 'pending',
    details: inWords(Money.of(transaction.amount, transaction.currency)),
  })
}

/** The entry of that. */
function payoutStarted(transaction: Transaction): JournalEntryInput {
  const amount = Money.of(transaction.amount, transaction.currency)
  return {
    reference: `payout_started:${transaction.id}:${transaction.attempt}`,
    kind: 'payout_started',
    ...origin(transaction),
    postings: [
      debit(accounts.payable(transaction.userId!), amount),
      credit(accounts.payoutInTransit(transaction.id), amount),
    ],
  }
}

function origin(transaction: Transaction) {
  return {
    transactionId: transaction.id,
    milestoneId: transaction.milestoneId ?? undefined,
    depositId: transaction.depositId ?? undefined,
  }
}

async function tell(
  { trx, project, milestones, transaction, amount }: Locked,
  action: 'payout.paid' | 'payout.failed' | 'payout.returned',
  to: string,
  details: { code?: string; debt_offset?: string } = {}
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId,
    subject: { type: 'transaction', id: transaction.id },
    actor: PROVIDER,
    action,
    from: transaction.status,
    to,
    details: { ...inWords(amount), ...details },
  })
  await notify(trx, {
    userId: transaction.userId!,
    kind: action,
    data: {
      ...aboutMilestone(project, milestones[0]),
      ...inWords(amount),
      transaction_id: transaction.id,
      ...(details.debt_offset && { debt_offset: details.debt_offset }),
    },
  })
}
