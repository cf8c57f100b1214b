import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { DateTime } from 'luxon'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import type { Provider, ProviderDeposit } from '#payments/provider'
import Deposit from '#models/deposit'
import Transaction from '#models/transaction'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import { notify, notifyAll } from '#notifications/notify'
import { aboutMilestone, aboutProject, inWords } from '#escrow/about'
import { recordActivity } from '#escrow/record_activity'
import { startRefund } from '#escrow/start_refund'

/** A deposit with everything that it touches, under their locks, and what its provider says of it. */
export interface ObservedDeposit {
  trx: TransactionClientContract
  provider: Provider
  observed: ProviderDeposit
  project: Project
  milestones: Milestone[]
  transaction: Transaction
  deposit: Deposit
}

/** Captured and wanted: each milestone holds its money in escrow from now on. */
export async function fund(locked: ObservedDeposit): Promise<void> {
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
export async function bookUnapplied(locked: ObservedDeposit): Promise<void> {
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
export async function bookStrayCapture(locked: ObservedDeposit): Promise<void> {
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

async function complete(locked: ObservedDeposit, state: 'applied' | 'unapplied'): Promise<void> {
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
function feeEntries({ provider, observed, transaction }: ObservedDeposit): JournalEntryInput[] {
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
export async function bookLateFee(locked: ObservedDeposit): Promise<void> {
  const entries = feeEntries(locked)
  if (entries.length === 0 || locked.deposit.providerFee !== null) return
  await postEntries(locked.trx, entries)
  locked.deposit.useTransaction(locked.trx)
  locked.deposit.providerFee = locked.observed.fee!.minor
  await locked.deposit.save()
}

/** In another amount or currency than asked: nothing goes on before a person has looked. */
export async function freezeContradiction({
  trx,
  observed,
  project,
  transaction,
  deposit,
}: ObservedDeposit): Promise<void> {
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
  deposit.chargeId = observed.chargeId
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
