import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import type Milestone from '#models/milestone'
import Payout from '#models/payout'
import type Project from '#models/project'
import Release, { type ReleaseKind } from '#models/release'
import Transaction from '#models/transaction'
import type { WithAmount } from '#notifications/catalogue'
import { notifyAll } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import { lockDebts } from '#escrow/chargebacks/debts'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { offsetOfRelease } from '#escrow/chargebacks/offset_debt'
import { closeMilestone } from '#escrow/close_milestone'
import { completeIfDone } from '#escrow/complete_project'
import { platformFee } from '#escrow/fees'
import { assertNotStopped, depositOf, partOfHeld } from '#escrow/held_money'
import { recordActivity, type Actor } from '#escrow/record_activity'
import { setting } from '#escrow/settings'
import type { BindIntent } from '#escrow/intent'

export interface ReleaseHeld {
  project: Project
  milestone: Milestone
  /** Part of what is held, decimal in the milestone's currency; without it, everything. */
  amount?: string
  kind: Exclude<ReleaseKind, 'resolution'>
  actor: Actor
  bind?: BindIntent
}

/**
 * Releases held money of one milestone to its freelancer, inside the caller's transaction and under
 * its locks: escrow → payable and platform fee, and one job that pays out. What the freelancer owes us is
 * set off at once; the payout is for the rest, and there is none if nothing is left.
 *
 * @returns the release; the milestone is closed if nothing is held any more
 * @throws Problem 409 `nothing_held`, `frozen`, `refund_pending`; 422 more than is held
 */
export async function releaseHeld(
  trx: TransactionClientContract,
  input: ReleaseHeld
): Promise<Release> {
  const { project, milestone, actor } = input
  await assertNotStopped(trx, milestone)
  const { amount, totals } = await partOfHeld(trx, milestone, input.amount)
  const fee = platformFee(
    { amount, releasedBefore: totals.released, feeTaken: totals.platformFee },
    project.platformFeeBps!
  )
  const net = amount.subtract(fee)
  const deposit = await depositOf(trx, milestone)
  const common = {
    escrowAccountId: deposit.escrowAccountId,
    milestoneId: milestone.id,
    userId: project.freelancerId,
    paymentProvider: deposit.paymentProvider,
    rail: deposit.rail,
    currency: amount.currency,
    depositId: deposit.id,
    attempt: 1,
  }
  const release = await Transaction.create(
    { ...common, transactionType: 'release', status: 'completed', amount: amount.minor },
    { client: trx }
  )
  const feeTaken = fee.isPositive
    ? await Transaction.create(
        { ...common, transactionType: 'fee', status: 'completed', amount: fee.minor },
        { client: trx }
      )
    : undefined
  const ids = [release.id, ...(feeTaken ? [feeTaken.id] : [])]
  await trx
    .from('transactions')
    .whereIn('id', ids)
    .update({ completed_at: db.raw('now()') })

  const debt = await lockDebts(trx, project.freelancerId!, amount.currency)
  const offset = smaller(debt, net)
  const origin = { transactionId: release.id, milestoneId: milestone.id, depositId: deposit.id }
  await postEntries(trx, [
    {
      reference: `release:${release.id}`,
      kind: 'release',
      ...origin,
      postings: [
        debit(accounts.escrow(milestone.id), amount),
        ...(net.isPositive ? [credit(accounts.payable(project.freelancerId!), net)] : []),
        ...(fee.isPositive ? [credit(accounts.platformFee(), fee)] : []),
      ],
    },
    ...(offset.isPositive ? [offsetOfRelease(project.freelancerId!, origin, offset)] : []),
  ])
  const row = await Release.create(
    {
      milestoneId: milestone.id,
      transactionId: release.id,
      feeTransactionId: feeTaken?.id ?? null,
      depositId: deposit.id,
      kind: input.kind,
      amount: amount.minor,
      fee: fee.minor,
      net: net.minor,
      debtOffset: offset.minor,
      currency: amount.currency,
      releasedBy: actor.type === 'user' ? actor.id : null,
    },
    { client: trx }
  )
  const rest = net.subtract(offset)
  if (rest.isPositive) await startPayout(trx, row, common, rest)

  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'transaction', id: release.id },
    actor,
    action: 'release.completed',
    to: 'completed',
    details: {
      kind: input.kind,
      amount: amount.toDecimal(),
      fee: fee.toDecimal(),
      net: net.toDecimal(),
      ...(offset.isPositive && { debt_offset: offset.toDecimal() }),
    },
  })
  await input.bind?.(trx, row.id)
  if (amount.equals(totals.held)) {
    await closeMilestone(trx, milestone, 'released', actor, { released: true })
    await completeIfDone(trx, project, actor)
  }
  const told = { transaction_id: release.id, net: net.toDecimal(), ...inWords(amount) }
  await tell(trx, input, told, offset)
  return row
}

/** Both hear of every release and get its receipt; the client also that it happened by silence. */
async function tell(
  trx: TransactionClientContract,
  { project, milestone, kind }: ReleaseHeld,
  release: WithAmount & { transaction_id: string; net: string },
  offset: Money
): Promise<void> {
  const about = aboutMilestone(project, milestone)
  const paid = {
    transaction_id: release.transaction_id,
    amount: release.amount,
    currency: release.currency,
  }
  await notifyAll(trx, [
    { userId: project.freelancerId!, kind: 'release.made', data: { ...about, ...release } },
    { userId: project.clientId, kind: 'payment.released', data: { ...about, ...paid } },
    ...(offset.isPositive
      ? [
          {
            userId: project.freelancerId!,
            kind: 'debt.offset' as const,
            data: { ...about, ...inWords(offset), transaction_id: release.transaction_id },
          },
        ]
      : []),
    ...(kind === 'inspection_elapsed'
      ? [
          {
            userId: project.clientId,
            kind: 'milestone.approved' as const,
            data: { ...about, automatic: true },
          },
        ]
      : []),
  ])
}

/** One payout per release, drawing on that release's deposit. */
async function startPayout(
  trx: TransactionClientContract,
  release: Release,
  common: Partial<Transaction>,
  amount: Money
): Promise<void> {
  const holdDays = await setting(trx, 'payout_hold_days')
  const transaction = await Transaction.create(
    { ...common, transactionType: 'payout', status: 'pending', amount: amount.minor },
    { client: trx }
  )
  await Payout.create(
    {
      transactionId: transaction.id,
      releaseId: release.id,
      userId: common.userId!,
      state: 'waiting',
    },
    { client: trx }
  )
  await trx
    .from('payouts')
    .where('transaction_id', transaction.id)
    .update({ not_before: db.raw('now() + make_interval(days => ?)', [holdDays]) })
  await enqueue(
    trx,
    sendPayoutJob,
    { transactionId: transaction.id },
    { startAfter: holdDays * 86_400 }
  )
}
