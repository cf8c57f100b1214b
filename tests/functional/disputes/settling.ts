import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { escrowTotals } from '#ledger/balances'
import { Money } from '#ledger/money'
import Dispute from '#models/dispute'
import { lockDispute } from '#escrow/dispute_states'
import { SYSTEM } from '#escrow/record_activity'
import { previewSettlement, settleDispute, type Settlement } from '#escrow/settle_dispute'
import type { Case } from '#tests/support/projects'

/** The dispute over a milestone, opened by its client for everything, which neither side has answered. */
export async function disputeOf(found: Case, which = 0): Promise<Dispute> {
  const milestone = found.milestones[which]
  return Dispute.create({
    milestoneId: milestone.id,
    openedBy: found.client.id,
    respondentId: found.freelancer.id,
    respondBy: DateTime.utc().plus({ days: 5 }),
    reason: 'It is not what was agreed.',
    askedAmount: milestone.amount,
    currency: milestone.currency,
    status: 'open',
  })
}

/** As `disputeOf`, in the hands of staff. */
export async function escalatedDispute(found: Case, which = 0): Promise<Dispute> {
  const dispute = await disputeOf(found, which)
  await db
    .from('disputes')
    .where('id', dispute.id)
    .update({
      status: 'escalated',
      answered_at: db.raw('now()'),
      escalated_at: db.raw('now()'),
      escalated_reason: 'negotiation_over',
    })
  return dispute.refresh()
}

/** Settles by an offer that the freelancer accepted: so much to them, the rest to the client. */
export async function settleFor(dispute: Dispute, toFreelancer: string): Promise<Dispute> {
  return withLocks(dispute, toFreelancer, async (trx, settlement) => {
    const [totals] = await escrowTotals(trx, [dispute.milestoneId])
    const amount = settlement.toFreelancer
    await trx.table('dispute_offers').insert({
      dispute_id: dispute.id,
      made_by: dispute.openedBy,
      to_freelancer: amount.minor.toString(),
      // One of more than is held has a rest, too; it is not the database that refuses it.
      to_client: (amount.compare(totals.held) > 0
        ? 0n
        : totals.held.subtract(amount).minor
      ).toString(),
      currency: dispute.currency,
      status: 'accepted',
      decided_by: dispute.respondentId,
      closed_at: trx.raw('now()'),
    })
    return settleDispute(trx, { ...settlement, actor: SYSTEM, how: 'offer' })
  })
}

/** Settles because its time to answer is over. */
export async function settleUnanswered(dispute: Dispute, toFreelancer: string): Promise<Dispute> {
  await db
    .from('disputes')
    .where('id', dispute.id)
    .update({ respond_by: db.raw('now()') })
  return withLocks(dispute, toFreelancer, (trx, settlement) =>
    settleDispute(trx, { ...settlement, actor: SYSTEM, how: 'no_answer' })
  )
}

export async function previewFor(dispute: Dispute, toFreelancer: string) {
  return withLocks(dispute, toFreelancer, previewSettlement)
}

async function withLocks<Result>(
  { id }: Dispute,
  toFreelancer: string,
  act: (trx: TransactionClientContract, settlement: Settlement) => Promise<Result>
): Promise<Result> {
  return inTransaction(async (trx) => {
    const locked = await lockDispute(trx, id)
    return act(trx, {
      ...locked,
      toFreelancer: Money.parse(toFreelancer, locked.milestone.currency),
    })
  })
}

/** The lines of the entries of a kind: `debit escrow 100000`; ids are left out. */
export async function postingsOf(kind: string): Promise<string[]> {
  const { rows } = await db.rawQuery(
    `SELECT p.direction || ' ' || a.kind || ' ' || p.amount AS line
       FROM journal_entries e
       JOIN postings p ON p.entry_id = e.id
       JOIN ledger_accounts a ON a.id = p.account_id
      WHERE e.kind = ? ORDER BY e.id, p.direction DESC, a.kind`,
    [kind]
  )
  return rows.map(({ line }: { line: string }) => line)
}

/** The transactions of a type in a project, oldest first. */
export async function transactionsOf({ project }: Case, type: string): Promise<any[]> {
  return db
    .from('transactions as t')
    .join('escrow_accounts as e', 'e.id', 't.escrow_account_id')
    .where('e.project_id', project.id)
    .where('t.transaction_type', type)
    .orderBy('t.id')
    .select('t.*')
}
