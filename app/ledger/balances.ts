import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { AccountName } from '#ledger/chart_of_accounts'
import { Money, sumOf, type Currency } from '#ledger/money'

/** The database, or a transaction on it. */
export type Client = Pick<QueryClientContract, 'rawQuery'>

/**
 * What an account holds, positive on its normal side: what we owe for a liability, what we have for
 * an asset. Zero for an account that nothing was ever posted to.
 */
export async function balanceOf(
  client: Client,
  account: AccountName,
  currency: Currency
): Promise<Money> {
  const { rows } = await client.rawQuery<{ rows: { balance: bigint }[] }>(
    'SELECT coalesce(sum(balance), 0)::bigint AS balance FROM ledger_accounts WHERE name = ? AND currency = ?',
    [account, currency]
  )
  return Money.of(rows[0].balance, currency)
}

/** How one milestone's money came and went. funded = released + refunded + chargedBack + held. */
export interface EscrowTotals {
  milestoneId: string
  funded: Money
  /** Left escrow towards the freelancer and our fee. */
  released: Money
  /** Left escrow towards the client, whether it has arrived or not. */
  refunded: Money
  /** Taken from escrow by a lost chargeback. */
  chargedBack: Money
  /** The balance of the milestone's escrow account. */
  held: Money
  /** The part of `released` that we kept. */
  platformFee: Money
}

/**
 * What was posted to escrow accounts, summed by what kind of entry posted it. A reversal counts
 * against the kind that it reverses. A resolution takes one sum from escrow and splits it, so its
 * other lines tell how much went to which side.
 */
const ESCROW_MOVEMENTS = `
  SELECT p.account_id,
      coalesce(reversed.kind, e.kind) AS kind,
      sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END) AS amount,
      sum(other.refunded) AS refunded,
      sum(other.fee) AS fee
    FROM postings p
    JOIN journal_entries e ON e.id = p.entry_id
    LEFT JOIN journal_entries reversed ON reversed.id = e.reverses
    LEFT JOIN LATERAL (
      SELECT
          sum(CASE o.direction WHEN 'credit' THEN o.amount ELSE -o.amount END)
            FILTER (WHERE oa.kind = 'refund_in_transit') AS refunded,
          sum(CASE o.direction WHEN 'credit' THEN o.amount ELSE -o.amount END)
            FILTER (WHERE oa.kind = 'platform_fee') AS fee
        FROM postings o JOIN ledger_accounts oa ON oa.id = o.account_id
        WHERE o.entry_id = e.id
    ) other ON coalesce(reversed.kind, e.kind) IN ('release', 'resolution')
`

interface TotalsRow {
  milestone_id: string
  project_id: string
  currency: Currency
  funded: bigint
  released: bigint
  refunded: bigint
  charged_back: bigint
  held: bigint
  platform_fee: bigint
}

/** The totals of milestones `m`; to be followed by a WHERE if not all are meant, and GROUP BY m.id. */
export const ESCROW_TOTALS = `
  SELECT m.id AS milestone_id, m.project_id, m.currency,
      coalesce(sum(x.amount) FILTER (WHERE x.kind = 'deposit_captured'), 0)::bigint AS funded,
      coalesce(-sum(x.amount) FILTER (WHERE x.kind IN ('release', 'resolution')), 0)::bigint
        - coalesce(sum(x.refunded) FILTER (WHERE x.kind = 'resolution'), 0)::bigint AS released,
      coalesce(-sum(x.amount) FILTER (WHERE x.kind = 'refund_started'), 0)::bigint
        + coalesce(sum(x.refunded) FILTER (WHERE x.kind = 'resolution'), 0)::bigint AS refunded,
      coalesce(-sum(x.amount) FILTER (WHERE x.kind IN ('chargeback_lost', 'chargeback_loss_reversed')), 0)::bigint
        AS charged_back,
      coalesce(sum(x.fee), 0)::bigint AS platform_fee,
      coalesce(max(a.balance), 0)::bigint AS held
    FROM milestones m
    LEFT JOIN ledger_accounts a ON a.name = 'escrow:' || m.id AND a.currency = m.currency AND a.stripe = 0
    LEFT JOIN LATERAL (${ESCROW_MOVEMENTS} WHERE p.account_id = a.id GROUP BY 1, 2) x ON true
`

/**
 * The totals of milestones, read from what was posted (one query, however many).
 *
 * @returns in the order of the ids; a milestone that does not exist is left out
 */
export async function escrowTotals(
  client: Client,
  milestoneIds: readonly string[]
): Promise<EscrowTotals[]> {
  if (milestoneIds.length === 0) return []
  const { rows } = await client.rawQuery<{ rows: TotalsRow[] }>(
    `${ESCROW_TOTALS} WHERE m.id = ANY (?::uuid[]) GROUP BY m.id`,
    [[...milestoneIds]]
  )
  const byId = new Map(rows.map((row) => [row.milestone_id, toTotals(row)]))
  return milestoneIds.flatMap((id) => byId.get(id) ?? [])
}

/** The totals of a project's escrow account: its public face. */
export interface EscrowAccountTotals {
  currency: Currency
  totalDeposited: Money
  totalReleased: Money
  totalRefunded: Money
  totalChargedBack: Money
  /** What is held now. */
  balance: Money
  platformFee: Money
  milestones: EscrowTotals[]
}

/**
 * The totals of a project: the sums over its milestones, derived from the ledger and never counted
 * apart. All zero for a project without milestones or money.
 *
 * @throws RangeError if there is no such project
 */
export async function escrowTotalsOfProject(
  client: Client,
  projectId: string
): Promise<EscrowAccountTotals> {
  const { rows } = await client.rawQuery<{
    rows: (TotalsRow & { project_currency: Currency })[]
  }>(
    `SELECT project.currency AS project_currency, totals.*
      FROM projects project
      LEFT JOIN (${ESCROW_TOTALS} WHERE m.project_id = ? GROUP BY m.id) totals ON true
      WHERE project.id = ?
      ORDER BY totals.milestone_id`,
    [projectId, projectId]
  )
  if (rows.length === 0) throw new RangeError(`There is no project ${projectId}`)
  const currency = rows[0].project_currency
  // A project without milestones is one row of the left join, with nothing on its right side.
  const milestones = rows.filter((row) => row.milestone_id !== null).map(toTotals)
  const total = (of: (totals: EscrowTotals) => Money) => sumOf(milestones.map(of), currency)
  return {
    currency,
    totalDeposited: total((milestone) => milestone.funded),
    totalReleased: total((milestone) => milestone.released),
    totalRefunded: total((milestone) => milestone.refunded),
    totalChargedBack: total((milestone) => milestone.chargedBack),
    balance: total((milestone) => milestone.held),
    platformFee: total((milestone) => milestone.platformFee),
    milestones,
  }
}

function toTotals(row: TotalsRow): EscrowTotals {
  const money = (minor: bigint) => Money.of(minor, row.currency)
  return {
    milestoneId: row.milestone_id,
    funded: money(row.funded),
    released: money(row.released),
    refunded: money(row.refunded),
    chargedBack: money(row.charged_back),
    held: money(row.held),
    platformFee: money(row.platform_fee),
  }
}
