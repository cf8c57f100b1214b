import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { formatMinor } from '#ledger/money'
import { FROZEN_DEPOSIT } from '#escrow/chargebacks/frozen'
import { OPEN_DISPUTE } from '#escrow/held_money'

/** Why somebody's data cannot be erased yet, and what has to happen first. */
export interface Refusal {
  code: string
  detail: string
}

/**
 * What is open between a user and us, or another user. While anything is, erasing one side would leave money
 * without an owner or a person without a counterpart.
 *
 * Read after the user's projects and row are locked; in a transaction that holds no lock it is an outlook.
 *
 * @returns empty when the user can be erased
 */
export async function refusalsOf(
  trx: TransactionClientContract,
  userId: string
): Promise<Refusal[]> {
  const balances = await openBalances(trx, userId)
  const business = await openBusinessOf(trx, userId)
  return [...balances, ...business]
}

const BALANCES: Record<string, (amount: string) => string> = {
  escrow: (amount) => `${amount} is held in escrow. It has to be released or refunded first.`,
  payable: (amount) => `${amount} is to be paid out. It has to arrive first.`,
  freelancer_receivable: (amount) => `${amount} is owed to us. It has to be settled first.`,
  refund_payable: (amount) => `${amount} of a refund is still owed. It has to arrive first.`,
  unapplied: (amount) => `${amount} came without being needed and has to go back first.`,
}

const BALANCE_CODES: Record<string, string> = {
  escrow: 'money_held',
  payable: 'payout_owed',
  freelancer_receivable: 'debt_owed',
  refund_payable: 'refund_owed',
  unapplied: 'unapplied_money',
}

async function openBalances(trx: TransactionClientContract, userId: string): Promise<Refusal[]> {
  const { rows } = await trx.rawQuery(
    `SELECT a.kind, a.currency, sum(a.balance)::bigint AS balance
       FROM ledger_accounts a
      WHERE a.name IN (
          SELECT kind || ':' || :userId
            FROM unnest(ARRAY['payable', 'freelancer_receivable', 'refund_payable', 'unapplied']) kind
          UNION ALL
          SELECT 'escrow:' || m.id
            FROM milestones m JOIN projects p ON p.id = m.project_id
           WHERE :userId IN (p.client_id::text, p.freelancer_id::text))
      GROUP BY a.kind, a.currency
     HAVING sum(a.balance) <> 0
      ORDER BY 1, 2`,
    { userId }
  )
  return rows.map((row: { kind: string; currency: string; balance: bigint }) => ({
    code: BALANCE_CODES[row.kind],
    detail: BALANCES[row.kind](`${formatMinor(row.balance, row.currency)} ${row.currency}`),
  }))
}

const BUSINESS: Record<string, (count: number) => string> = {
  project_active: (n) =>
    `${projects(n)} not finished. Complete or cancel ${n === 1 ? 'it' : 'them'} first.`,
  payout_waiting: (n) => `${n} of your payouts wait or are on their way.`,
  payment_pending: (n) =>
    `The outcome of ${n === 1 ? 'a payment' : `${n} payments`} is open. Wait for it, or cancel an unpaid deposit.`,
  refund_request_open: (n) => `${n} refund requests wait for an answer.`,
  dispute_open: (n) => `${n} disputes are open.`,
  chargeback_open: (n) => `${n} payments are disputed with the payer's bank.`,
}

const projects = (n: number) => (n === 1 ? 'A project of yours is' : `${n} projects of yours are`)

async function openBusinessOf(trx: TransactionClientContract, userId: string): Promise<Refusal[]> {
  const { rows } = await trx.rawQuery(
    `WITH mine AS (
       SELECT p.id, p.status FROM projects p WHERE :userId IN (p.client_id, p.freelancer_id)
     )
     SELECT 'project_active' AS code, count(*)::int AS open FROM mine WHERE status IN ('active', 'disputed')
     UNION ALL
     SELECT 'payout_waiting', count(*)::int FROM payouts
      WHERE user_id = :userId AND state IN ('waiting', 'in_transit', 'failed')
     UNION ALL
     -- What the other side waits for, such as the payout of a freelancer who has no account yet, is theirs.
     SELECT 'payment_pending', count(*)::int FROM transactions
      WHERE user_id = :userId AND status = 'pending' AND transaction_type <> 'payout'
     UNION ALL
     SELECT 'refund_request_open', count(*)::int
       FROM refund_requests r JOIN milestones m ON m.id = r.milestone_id
      WHERE r.status = 'requested' AND m.project_id IN (SELECT id FROM mine)
     UNION ALL
     SELECT 'dispute_open', count(*)::int
       FROM disputes d JOIN milestones m ON m.id = d.milestone_id
      WHERE d.status = ANY(:open) AND m.project_id IN (SELECT id FROM mine)
     UNION ALL
     SELECT 'chargeback_open', count(*)::int
       FROM deposits d
       JOIN transactions t ON t.id = d.transaction_id
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
      WHERE e.project_id IN (SELECT id FROM mine) AND ${FROZEN_DEPOSIT}`,
    { userId, open: OPEN_DISPUTE }
  )
  return rows
    .filter((row: { open: number }) => row.open > 0)
    .map((row: { code: string; open: number }) => ({
      code: row.code,
      detail: BUSINESS[row.code](row.open),
    }))
}
