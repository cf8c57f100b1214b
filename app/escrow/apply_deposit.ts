import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { DateTime } from 'luxon'
import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import type { Provider, ProviderDeposit } from '#payments/provider'
import Deposit from '#models/deposit'
import DepositAllocation from '#models/deposit_allocation'
import Transaction from '#models/transaction'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import { notify, notifyAll } from '#notifications/notify'
import { aboutMilestone, aboutProject, inWords } from '#escrow/about'
import { closeLockedDeposit } from '#escrow/close_deposit'
import { stopInspection } from '#escrow/inspection_clock'
import { lockTransactionWithProject } from '#escrow/locks'
import { recordActivity } from '#escrow/record_activity'
import { startRefund } from '#escrow/start_refund'

interface Locked {
  trx: TransactionClientContract
  provider: Provider
  observed: ProviderDeposit
  project: Project
  milestones: Milestone[]
  transaction: Transaction
  deposit: Deposit
}

/**
 * Brings our books to what a provider says of a deposit. Every way in which we learn of a payment
 * ends here (its own answer, a webhook, a look-up), in any order and any number of times; the effect
 * is the same.
 *
 * - captured, and still wanted: clearing → escrow of each milestone, which is funded from now on
 * - captured, but its milestones are gone or funded: clearing → unapplied, and refunded by itself
 * - cancelled: the deposit is closed
 * - disputed with the payer's bank: its milestones are frozen
 * - in another amount or currency than asked: clearing → suspense, and frozen until a person has looked
 *
 * @returns false if the payment belongs to no transaction of ours
 */
export async function applyDeposit(
  provider: Provider,
  observed: ProviderDeposit
): Promise<boolean> {
  const found = await findTransaction(provider, observed)
  if (!found) {
    logger.warn(
      { provider: provider.name, id: observed.id },
      'a payment that belongs to no deposit'
    )
    return false
  }
  await inTransaction(async (trx) => {
    const locks = await lockTransactionWithProject(trx, found.id)
    const deposit = await Deposit.query({ client: trx })
      .where('transaction_id', found.id)
      .firstOrFail()
    await applyLocked({ trx, provider, observed, ...locks, deposit })
  })
  return true
}

/** By the id that we left in its metadata; a record that came back without it, by its own id. */
async function findTransaction(
  provider: Provider,
  observed: ProviderDeposit
): Promise<Transaction | null> {
  const deposits = Transaction.query()
    .where('transaction_type', 'deposit')
    .where('rail', provider.rail)
  const own = await deposits.clone().where('provider_transaction_id', observed.id).first()
  if (own || !isUuid(observed.transactionId)) return own
  return deposits.where('id', observed.transactionId).first()
}

async function applyLocked(locked: Locked): Promise<void> {
  const { trx, observed, transaction, deposit } = locked

  if (transaction.providerTransactionId && transaction.providerTransactionId !== observed.id) {
    if (observed.state === 'captured') await bookStrayCapture(locked)
    return
  }
  if (!transaction.providerTransactionId) {
    transaction.providerTransactionId = observed.id
    await transaction.save()
  }
  if (observed.state === 'cancelled') {
    if (deposit.state === 'live' || deposit.state === 'cancelling') {
      await closeLockedDeposit(trx, locked.project, transaction, {
        actor: { type: 'provider' },
        failureCode: 'cancelled',
        failureMessage: 'The payment was cancelled or expired at the provider.',
      })
    }
    return
  }
  if (observed.state !== 'captured') {
    await showLastError(locked)
    return
  }
  if (deposit.state === 'frozen') return
  if (transaction.status !== 'completed' || !isBooked(deposit)) {
    if (!observed.amount.equals(Money.of(transaction.amount, transaction.currency))) {
      await freeze(locked)
      return
    }
    if (await stillWanted(locked)) await fund(locked)
    else await bookUnapplied(locked)
  } else {
    await bookLateFee(locked)
  }
  if (observed.disputed && !deposit.chargeDisputedAt) await freezeDisputed(locked)
}

function isBooked(deposit: Deposit): boolean {
  return deposit.state === 'applied' || deposit.state === 'unapplied'
}

/** A card that was declined leaves the deposit open for another try; the payer sees why. */
async function showLastError({ transaction, observed }: Locked): Promise<void> {
  if (transaction.status !== 'pending' || !observed.lastError) return
  transaction.failureCode = 'payment_attempt_failed'
  transaction.failureMessage = observed.lastError.slice(0, 500)
  await transaction.save()
}

async function stillWanted({ trx, project, milestones, transaction, deposit }: Locked) {
  if (transaction.status !== 'pending') return false
  if (deposit.state !== 'live' && deposit.state !== 'cancelling') return false
  if (project.status !== 'active' && project.status !== 'disputed') return false
  const allocations = await DepositAllocation.query({ client: trx })
    .where('transaction_id', transaction.id)
    .where('live', true)
  return (
    allocations.length === milestones.length &&
    milestones.every(
      (milestone) =>
        !milestone.isFunded &&
        !milestone.isClosed &&
        allocations.some(
          (part) => part.milestoneId === milestone.id && part.amount === milestone.amount
        )
    )
  )
}

async function fund(locked: Locked): Promise<void> {
  const { trx, observed, project, milestones, transaction } = locked
  const amount = Money.of(transaction.amount, transaction.currency)
  await postEntries(trx, [
    {
      reference: `deposit:${transaction.id}`,
      kind: 'deposit_captured',
      eventAt: observed.capturedAt,
      transactionId: transaction.id,
      milestoneId: transaction.milestoneId ?? undefined,
      depositId: transaction.id,
      postings: [
        debit(accounts.clearing(transaction.rail), amount),
        ...milestones.map((milestone) =>
          credit(accounts.escrow(milestone.id), Money.of(milestone.amount, milestone.currency))
        ),
      ],
    },
    ...feeEntries(locked),
  ])
  await complete(locked, 'applied')
  await trx
    .from('milestones')
    .whereIn(
      'id',
      milestones.map((milestone) => milestone.id)
    )
    .update({ funded_at: db.raw('now()'), updated_at: db.raw('now()') })
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId ?? undefined,
    subject: { type: 'transaction', id: transaction.id },
    actor: { type: 'provider' },
    action: 'deposit.completed',
    from: 'pending',
    to: 'completed',
    details: inWords(amount),
  })
  await notifyAll(trx, [
    {
      userId: project.clientId,
      kind: 'deposit.completed',
      data: { ...aboutProject(project), ...inWords(amount), transaction_id: transaction.id },
    },
    ...milestones.map((milestone) => ({
      userId: project.freelancerId!,
      kind: 'milestone.funded' as const,
      data: {
        ...aboutMilestone(project, milestone),
        ...inWords(Money.of(milestone.amount, milestone.currency)),
      },
    })),
  ])
}

/** The money is here but nothing wants it: hold it for its payer and send it back at once. */
async function bookUnapplied(locked: Locked): Promise<void> {
  const { trx, observed, project, transaction } = locked
  const amount = Money.of(transaction.amount, transaction.currency)
  await postEntries(trx, [
    {
      reference: `unapplied:${transaction.id}`,
      kind: 'unapplied_received',
      eventAt: observed.capturedAt,
      transactionId: transaction.id,
      depositId: transaction.id,
      postings: [
        debit(accounts.clearing(transaction.rail), amount),
        credit(accounts.unapplied(transaction.userId!), amount),
      ],
    },
    ...feeEntries(locked),
  ])
  await complete(locked, 'unapplied')
  await trx
    .from('deposit_allocations')
    .where('transaction_id', transaction.id)
    .update({ live: false })
  await recordActivity(trx, {
    projectId: project.id,
    subject: { type: 'transaction', id: transaction.id },
    actor: { type: 'provider' },
    action: 'deposit.unapplied',
    from: transaction.status,
    to: 'completed',
  })
  await startRefund(trx, {
    project,
    deposit: transaction,
    amount,
    from: accounts.unapplied(transaction.userId!),
    reason: 'The payment came for something that no longer needs it.',
    actor: { type: 'system' },
  })
  await notify(trx, {
    userId: transaction.userId!,
    kind: 'deposit.returned',
    data: { ...aboutProject(project), ...inWords(amount), transaction_id: transaction.id },
  })
}

/**
 * A second payment that carries the id of a deposit which already has one, such as a repeated send
 * after the provider forgot our key. It is booked as a deposit of its own and sent back.
 */
async function bookStrayCapture(locked: Locked): Promise<void> {
  const { trx, provider: from, observed, transaction } = locked
  const stray = await Transaction.create(
    {
      escrowAccountId: transaction.escrowAccountId,
      userId: transaction.userId,
      transactionType: 'deposit',
      paymentProvider: transaction.paymentProvider,
      rail: from.rail,
      providerTransactionId: observed.id,
      status: 'pending',
      amount: observed.amount.minor,
      currency: observed.amount.currency,
      attempt: 1,
      sentAt: transaction.sentAt,
    },
    { client: trx }
  )
  await stray.refresh()
  const deposit = await Deposit.create(
    {
      transactionId: stray.id,
      method: locked.deposit.method,
      state: 'closed',
      expiresAt: locked.deposit.expiresAt,
    },
    { client: trx }
  )
  await bookUnapplied({ ...locked, transaction: stray, deposit, milestones: [] })
}

async function complete(locked: Locked, state: 'applied' | 'unapplied'): Promise<void> {
  const { trx, observed, transaction, deposit } = locked
  await trx
    .from('transactions')
    .where('id', transaction.id)
    .update({
      status: 'completed',
      failure_code: '',
      failure_message: '',
      completed_at: db.raw('now()'),
    })
  const captured = DateTime.fromJSDate(observed.capturedAt ?? new Date())
  deposit.useTransaction(trx)
  deposit.merge({
    state,
    chargeId: observed.chargeId,
    providerFee: feeEntries(locked).length > 0 ? observed.fee!.minor : null,
    refundableUntil: captured.plus({ days: locked.provider.refundableDays }),
    holdUntil: captured.plus({ days: locked.provider.holdDays }),
  })
  await deposit.save()
}

/**
 * The provider's fee is ours, and often final only later: it has an entry of its own. A fee in
 * another currency than the deposit's is left to reconciliation.
 */
function feeEntries({ provider, observed, transaction }: Locked): JournalEntryInput[] {
  const { fee } = observed
  if (!fee?.isPositive || fee.currency !== transaction.currency) return []
  return [
    {
      reference: `provider_fee:${transaction.id}`,
      kind: 'provider_fee',
      transactionId: transaction.id,
      depositId: transaction.id,
      postings: [debit(accounts.providerFee(), fee), credit(accounts.clearing(provider.rail), fee)],
    },
  ]
}

/** A fee that became known after its deposit was booked. */
async function bookLateFee(locked: Locked): Promise<void> {
  const entries = feeEntries(locked)
  if (entries.length === 0 || locked.deposit.providerFee !== null) return
  await postEntries(locked.trx, entries)
  locked.deposit.useTransaction(locked.trx)
  locked.deposit.providerFee = locked.observed.fee!.minor
  await locked.deposit.save()
}

/**
 * The payer disputes the payment with their bank, which takes it from our balance until it is decided.
 * Nothing of it may leave escrow meanwhile, or it would be paid for twice.
 */
async function freezeDisputed({ trx, project, milestones, transaction }: Locked): Promise<void> {
  await trx
    .from('deposits')
    .where('transaction_id', transaction.id)
    .update({ charge_disputed_at: db.raw('now()') })
  for (const milestone of milestones) await stopInspection(trx, milestone)
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId ?? undefined,
    subject: { type: 'transaction', id: transaction.id },
    actor: { type: 'provider' },
    action: 'deposit.disputed',
  })
  logger.error(
    { transactionId: transaction.id },
    'a chargeback was opened: its milestones are frozen'
  )
  const amount = Money.of(transaction.amount, transaction.currency)
  const data = { ...aboutProject(project), ...inWords(amount), transaction_id: transaction.id }
  await notifyAll(trx, [
    { userId: project.clientId, kind: 'deposit.disputed', data },
    { userId: project.freelancerId!, kind: 'deposit.disputed', data },
  ])
}

async function freeze({ trx, observed, project, transaction, deposit }: Locked): Promise<void> {
  const asked = Money.of(transaction.amount, transaction.currency)
  // Our balance has it, so our books do, too: as something that nobody can explain yet.
  await postEntries(trx, [
    {
      reference: `frozen:${transaction.id}`,
      kind: 'suspense_booked',
      eventAt: observed.capturedAt,
      depositId: transaction.id,
      postings: [
        debit(accounts.clearing(transaction.rail), observed.amount),
        credit(accounts.suspense(), observed.amount),
      ],
    },
  ])
  deposit.useTransaction(trx)
  deposit.state = 'frozen'
  await deposit.save()
  // Whatever it was before, its outcome is open, and it has to show among what is pending.
  transaction.status = 'pending'
  transaction.failureCode = 'provider_mismatch'
  transaction.failureMessage = `The provider reports ${observed.amount}, we asked for ${asked}. Support is looking into it.`
  await transaction.save()
  await recordActivity(trx, {
    projectId: project.id,
    subject: { type: 'transaction', id: transaction.id },
    actor: { type: 'provider' },
    action: 'deposit.frozen',
    details: { asked: asked.toString(), reported: observed.amount.toString() },
  })
  logger.error(
    {
      transactionId: transaction.id,
      asked: asked.toString(),
      reported: observed.amount.toString(),
    },
    'a provider record contradicts our deposit'
  )
}
