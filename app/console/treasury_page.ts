import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { pageOfKind, readPositions } from '#console/dashboard_money'
import { accountPage } from '#console/links'
import { openDebts } from '#escrow/chargebacks/debts'
import { listOwedRefunds } from '#escrow/owed_refunds'
import { accounts } from '#ledger/chart_of_accounts'
import { balancesByKind, inTransitByRail } from '#ledger/positions'
import { RAILS } from '#models/transaction'
import { CORRECTABLE_ACCOUNTS } from '#validators/console/reconciliation'
import { MOVEMENTS } from '#validators/console/treasury'

/** As many of each list are shown; the rest are counted. They are worked off from the top. */
const MOST = 50

/** What lies beside the rails, by kind of account. */
const BESIDE = ['refund_payable', 'unapplied', 'suspense', 'bank', 'platform_capital'] as const

/** Where the money is that is not at work, and what somebody has to do about it. A constant number of queries. */
export async function readTreasury() {
  const [positions, moving, balances, refunds, elsewhere, debts] = await Promise.all([
    readPositions(),
    inTransitByRail(db),
    balancesByKind(db, BESIDE),
    listOwedRefunds(),
    refundedElsewhere(),
    openDebts(db),
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
    })),
    beside: balances.map((row) => ({ ...row, href: pageOfAccounts(row.kind, row.currency) })),
    refunds: cut(refunds),
    elsewhere: cut(elsewhere),
    debts: cut(debts),
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

function cut<Row>(all: Row[]) {
  return { rows: all.slice(0, MOST), count: all.length }
}

interface Elsewhere {
  id: string
  rail: string
  currency: string
  amount: bigint
  milestones: { id: string; title: string; held: string }[]
}

/** Deposits of which a part went back past us, and the milestones that may lack it. One query. */
async function refundedElsewhere(): Promise<Elsewhere[]> {
  const { rows } = await db.rawQuery<{ rows: Elsewhere[] }>(
    `SELECT t.id, t.rail, t.currency::text, d.refunded_elsewhere AS amount, (
         SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'title', m.title, 'held', a.balance::text)
                                   ORDER BY m.id), '[]')
           FROM escrow_accounts e
           JOIN milestones m ON m.project_id = e.project_id
           JOIN ledger_accounts a ON a.name = 'escrow:' || m.id AND a.currency = t.currency AND a.balance > 0
          WHERE e.id = t.escrow_account_id) AS milestones
       FROM deposits d JOIN transactions t ON t.id = d.transaction_id
      WHERE d.refunded_elsewhere > 0
      ORDER BY t.id`
  )
  return rows
}
