import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import type { Money } from '#ledger/money'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import type Milestone from '#models/milestone'
import Payout from '#models/payout'
import type Project from '#models/project'
import Release, { type ReleaseKind } from '#models/release'
import Transaction from '#models/transaction'
import { recordActivity, type Actor } from '#escrow/record_activity'
import { setting } from '#escrow/settings'
import type { Shares } from '#escrow/share_out'

export interface BookRelease {
  project: Project
  milestone: Milestone
  /** The deposit that funded the milestone. */
  deposit: Transaction
  /** `released` above zero. */
  shares: Shares
  kind: ReleaseKind
  actor: Actor
}

/** The transactions of a release: its own, and its fee's if there is one. They move nothing by themselves. */
export interface ReleaseTransactions {
  release: Transaction
  fee?: Transaction
}

/** Writes the transactions that stand for a release; its entries refer to them, so they come first. */
export async function createReleaseTransactions(
  trx: TransactionClientContract,
  input: BookRelease
): Promise<ReleaseTransactions> {
  const { released, fee } = input.shares
  const create = (transactionType: 'release' | 'fee', amount: Money) =>
    Transaction.create(
      { ...common(input), transactionType, status: 'completed', amount: amount.minor },
      { client: trx }
    )
  const release = await create('release', released)
  const transactions = { release, ...(fee.isPositive && { fee: await create('fee', fee) }) }
  await trx
    .from('transactions')
    .whereIn(
      'id',
      Object.values(transactions).map(({ id }) => id)
    )
    .update({ completed_at: db.raw('now()') })
  return transactions
}

/**
 * Records a release whose entries were posted: who got what, and one payout for what is not set off, with
 * the job that sends it.
 */
export async function recordRelease(
  trx: TransactionClientContract,
  input: BookRelease,
  { release, fee: feeTaken }: ReleaseTransactions
): Promise<Release> {
  const { project, milestone, deposit, kind, actor } = input
  const { released, fee, net, offset, payout } = input.shares
  const row = await Release.create(
    {
      milestoneId: milestone.id,
      transactionId: release.id,
      feeTransactionId: feeTaken?.id ?? null,
      depositId: deposit.id,
      kind,
      amount: released.minor,
      fee: fee.minor,
      net: net.minor,
      debtOffset: offset.minor,
      currency: released.currency,
      releasedBy: actor.type === 'user' ? actor.id : null,
    },
    { client: trx }
  )
  if (payout.isPositive) await startPayout(trx, row, input)
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'transaction', id: release.id },
    actor,
    action: 'release.completed',
    to: 'completed',
    details: {
      kind,
      amount: released.toDecimal(),
      fee: fee.toDecimal(),
      net: net.toDecimal(),
      ...(offset.isPositive && { debt_offset: offset.toDecimal() }),
    },
  })
  return row
}

/** What all transactions of a release have in common. */
function common({ project, milestone, deposit }: BookRelease): Partial<Transaction> {
  return {
    escrowAccountId: deposit.escrowAccountId,
    milestoneId: milestone.id,
    userId: project.freelancerId,
    paymentProvider: deposit.paymentProvider,
    rail: deposit.rail,
    currency: deposit.currency,
    depositId: deposit.id,
    attempt: 1,
  }
}

/** One payout per release, drawing on that release's deposit. */
async function startPayout(
  trx: TransactionClientContract,
  release: Release,
  input: BookRelease
): Promise<void> {
  const holdDays = await setting(trx, 'payout_hold_days')
  const transaction = await Transaction.create(
    {
      ...common(input),
      transactionType: 'payout',
      status: 'pending',
      amount: input.shares.payout.minor,
    },
    { client: trx }
  )
  await Payout.create(
    {
      transactionId: transaction.id,
      releaseId: release.id,
      userId: input.project.freelancerId!,
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
