import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import Dispute from '#models/dispute'
import { lockDispute } from '#escrow/dispute_states'
import { SYSTEM, type Actor } from '#escrow/record_activity'
import {
  previewSettlement,
  settleDispute,
  type SettleDispute,
  type Settlement,
} from '#escrow/settle_dispute'
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

/** Settles as an accepted offer would: so much to the freelancer, the rest to the client. */
export async function settleFor(
  dispute: Dispute,
  toFreelancer: string,
  options: { how?: SettleDispute['how']; actor?: Actor } = {}
): Promise<Dispute> {
  return withLocks(dispute, toFreelancer, (trx, settlement) =>
    settleDispute(trx, { actor: SYSTEM, how: 'offer', ...settlement, ...options })
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
