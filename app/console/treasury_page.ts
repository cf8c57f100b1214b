import { randomUUID } from 'node:crypto'
import { NIL } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { pageOfKind, readPositions } from '#console/dashboard_money'
import { accountPage } from '#console/links'
import { PAGE, readNumber, writeCursor } from '#console/paging'
import { pageOfDebts, type OpenDebt } from '#escrow/chargebacks/debts'
import { pageOfOwedRefunds, type OwedRefund } from '#escrow/owed_refunds'
import { accounts } from '#ledger/chart_of_accounts'
import { balancesByKind, inTransitByRail } from '#ledger/positions'
import { RAILS } from '#models/transaction'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import { CORRECTABLE_ACCOUNTS } from '#validators/console/reconciliation'
import { MOVEMENTS, type TreasuryPage } from '#validators/console/treasury'

/** What lies beside the rails, by kind of account. */
const BESIDE = ['refund_payable', 'unapplied', 'suspense', 'bank', 'platform_capital'] as const

/** Where the money is that is not at work, and what somebody has to do about it. A constant number of queries. */
export async function readTreasury(query: TreasuryPage = {}) {
  const [positions, moving, owed, balances, refunds, elsewhere, debts] = await Promise.all([
    readPositions(),
    inTransitByRail(db),
    owedByRail(),
    balancesByKind(db, BESIDE),
    stuckRefunds(query.refunds),
    refundedElsewhere(query.elsewhere),
    debtsOf(query.debts),
  ])
  const inTransit = (kind: string, rail: string, currency: string) => ({
    amount:
      moving.find((row) => row.kind === kind && row.rail === rail && row.currency === currency)
        ?.balance ?? 0n,
    href: pageOfAccounts(kind, currency),
  })
  return {
    rails: positions.map((row) => ({
      ...row,
      payouts: inTransit('payout_in_transit', row.rail, row.currency),
      refunds: inTransit('refund_in_transit', row.rail, row.currency),
      owed: {
        amount:
          owed.find((each) => each.rail === row.rail && each.currency === row.currency)?.balance ??
          0n,
        href: pageOfAccounts('refund_payable', row.currency),
      },
    })),
    beside: balances.map((row) => ({ ...row, href: pageOfAccounts(row.kind, row.currency) })),
    refunds,
    elsewhere,
    debts,
    movements: MOVEMENTS,
    offered: RAILS,
    correctable: CORRECTABLE_ACCOUNTS,
    formId: randomUUID(),
  }
}

function pageOfAccounts(kind: string, currency: string): string {
  if (kind === 'bank') return accountPage(accounts.bank(), currency)
  if (kind === 'platform_capital') return accountPage(accounts.platformCapital(), currency)
  if (kind === 'payout_in_transit') {
    return `/console/ledger/accounts?kind=${kind}&currency=${currency}&balance=not_zero`
  }
  return pageOfKind(kind, currency)
}

/** What is in refund_payable, by the rail that could not carry it. One query. */
async function owedByRail() {
  const { rows } = await db.rawQuery<{
    rows: { rail: string; currency: string; balance: bigint }[]
  }>(
    `SELECT t.rail, p.currency::text,
            sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END)::bigint AS balance
       FROM ledger_accounts a
       JOIN postings p ON p.account_id = a.id
       JOIN journal_entries e ON e.id = p.entry_id
       JOIN transactions t ON t.id = e.deposit_id
      WHERE a.kind = 'refund_payable' AND a.balance > 0 GROUP BY 1, 2`
  )
  return rows
}

/** With the proposal by which somebody says that they have paid it another way, if one waits. Constant queries. */
async function stuckRefunds(
  after?: string
): Promise<Page<OwedRefund & { proposalId: string | undefined }>> {
  const found = await pageOfOwedRefunds(PAGE + 1, after && decodeCursor(after))
  const proposals = await db
    .from('approvals')
    .where({ kind: 'refund_paid_by_hand', status: 'proposed' })
    .whereIn(
      'subject_id',
      found.map(({ refund }) => refund.id)
    )
    .select('id', 'subject_id')
  const proposalOf = new Map(proposals.map((row) => [row.subject_id, row.id]))
  return cutPage(
    found.map((row) => ({ ...row, id: row.refund.id, proposalId: proposalOf.get(row.refund.id) })),
    PAGE
  )
}

/** All debts of as many freelancers as a page has rows. */
async function debtsOf(after?: string): Promise<Page<OpenDebt>> {
  const found = await pageOfDebts(db, PAGE + 1, after ? readNumber(after) : undefined)
  const indebted = [...new Set(found.map(({ accountId }) => accountId))].slice(0, PAGE)
  const rows = found.filter(({ accountId }) => indebted.includes(accountId))
  const next = rows.length < found.length ? writeCursor(String(indebted.at(-1))) : null
  return { rows, meta: { next_cursor: next, has_more: next !== null } }
}

interface Elsewhere {
  id: string
  rail: string
  currency: string
  amount: bigint
  milestones: { id: string; title: string; held: string }[]
}

/** Deposits of which a part went back past us, and the milestones that may lack it, the oldest first. One query. */
async function refundedElsewhere(after?: string): Promise<Page<Elsewhere>> {
  const { rows } = await db.rawQuery<{ rows: Elsewhere[] }>(
    `SELECT t.id, t.rail, t.currency::text, d.refunded_elsewhere AS amount, (
         SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'title', m.title, 'held', a.balance::text)
                                   ORDER BY m.id), '[]')
           FROM escrow_accounts e
           JOIN milestones m ON m.project_id = e.project_id
           JOIN ledger_accounts a ON a.name = 'escrow:' || m.id AND a.currency = t.currency AND a.balance > 0
          WHERE e.id = t.escrow_account_id) AS milestones
       FROM deposits d JOIN transactions t ON t.id = d.transaction_id
      WHERE d.refunded_elsewhere > 0 AND t.id > ?
      ORDER BY t.id LIMIT ${PAGE + 1}`,
    [after ? decodeCursor(after) : NIL]
  )
  return cutPage(rows, PAGE)
}
