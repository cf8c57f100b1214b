import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { FROZEN_DEPOSIT } from '#escrow/chargebacks/frozen'
import { OPEN_DISPUTE } from '#escrow/held_money'
import type { TransactionType } from '#models/transaction'

/** What keeps a project from ending, read under its lock. */
export interface OpenBusiness {
  /** Milestones that hold a client's money. */
  held: number
  /** Milestones that are not closed, funded or not. */
  unclosed: number
  /** Milestones that were closed by money: released, refunded, ... */
  closed: number
  /** Types of the transactions whose outcome is open. */
  pending: TransactionType[]
  /** Disputes that are not settled, between the parties or with the payer's bank. */
  disputes: number
}

/** Counts what is open in a project. Money that is in transit is a pending transaction. */
export async function openBusiness(
  trx: TransactionClientContract,
  projectId: string
): Promise<OpenBusiness> {
  const { rows } = await trx.rawQuery(
    `SELECT
       (SELECT count(*) FROM milestones
         WHERE project_id = :projectId AND funded_at IS NOT NULL AND closed_at IS NULL)::int AS held,
       (SELECT count(*) FROM milestones
         WHERE project_id = :projectId AND closed_at IS NULL)::int AS unclosed,
       (SELECT count(*) FROM milestones
         WHERE project_id = :projectId AND closed_reason <> 'removed')::int AS closed,
       (SELECT coalesce(array_agg(DISTINCT t.transaction_type), '{}')
          FROM transactions t JOIN escrow_accounts e ON e.id = t.escrow_account_id
         WHERE e.project_id = :projectId AND t.status = 'pending') AS pending,
       (SELECT count(*) FROM disputes d JOIN milestones m ON m.id = d.milestone_id
         WHERE m.project_id = :projectId AND d.status = ANY(:open))::int
       + (SELECT count(*) FROM deposits d
            JOIN transactions t ON t.id = d.transaction_id
            JOIN escrow_accounts e ON e.id = t.escrow_account_id
           WHERE e.project_id = :projectId AND ${FROZEN_DEPOSIT})::int AS disputes`,
    { projectId, open: OPEN_DISPUTE }
  )
  return rows[0]
}
