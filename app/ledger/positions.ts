import type { Client } from '#ledger/balances'
import type { Currency } from '#ledger/money'

/*
 * A person's position is what SafeSend has of theirs, as the ledger's accounts say it:
 *
 *  - a client's: what is held for their milestones, refunds on their way to them, refunds that no rail
 *    could carry, and money that came for something no longer there;
 *  - a freelancer's: what is payable to them and what is on its way, less what they owe us.
 *
 * Every change of it is a posting to one of those accounts, and nothing else is. So whatever is counted
 * from these postings adds up to the balances, and each number has its journal entries.
 */

export type Holder = 'client' | 'freelancer'

/**
 * The accounts of a position, as SQL of the user's id (`:user`): their balances, which part of it each is,
 * and the milestone that one is for.
 */
export const ACCOUNTS_OF: Record<Holder, string> = {
  client: `
    SELECT a.id, a.currency, a.balance, 'held' AS part, m.id AS milestone_id
      FROM projects p
      JOIN milestones m ON m.project_id = p.id
      JOIN ledger_accounts a ON a.name = 'escrow:' || m.id
     WHERE p.client_id = :user
    UNION ALL
    SELECT a.id, a.currency, a.balance, 'refund_in_transit', NULL
      FROM transactions t
      JOIN ledger_accounts a ON a.name = 'refund_in_transit:' || t.id
     WHERE t.user_id = :user AND t.transaction_type = 'refund'
    UNION ALL
    SELECT a.id, a.currency, a.balance, a.kind, NULL
      FROM ledger_accounts a
     WHERE a.name IN ('refund_payable:' || :user, 'unapplied:' || :user)`,
  freelancer: `
    SELECT a.id, a.currency, CASE a.normal_side WHEN 'credit' THEN a.balance ELSE -a.balance END AS balance,
           a.kind AS part, NULL::uuid AS milestone_id
      FROM ledger_accounts a
     WHERE a.name IN ('payable:' || :user, 'freelancer_receivable:' || :user)
    UNION ALL
    SELECT a.id, a.currency, a.balance, 'payout_in_transit', NULL
      FROM transactions t
      JOIN ledger_accounts a ON a.name = 'payout_in_transit:' || t.id
     WHERE t.user_id = :user AND t.transaction_type = 'payout'`,
}

/** How postings change a position: what is credited to its accounts is more of it, whatever their kind. */
export const EFFECT = `sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END)`

/** Minor units by part of the position (`held`, `payable`, …). What a freelancer owes is below zero. */
export type Balances = Map<Currency, Map<string, bigint>>

/** What a person's accounts hold now (one query). */
export async function balancesOf(
  client: Client,
  holder: Holder,
  userId: string
): Promise<Balances> {
  const { rows } = await client.rawQuery<{
    rows: { currency: Currency; part: string; balance: bigint }[]
  }>(
    `SELECT currency, part, sum(balance)::bigint AS balance
       FROM (${ACCOUNTS_OF[holder]}) own GROUP BY 1, 2 ORDER BY 1, 2`,
    { user: userId }
  )
  const balances: Balances = new Map()
  for (const { currency, part, balance } of rows) {
    if (!balances.has(currency)) balances.set(currency, new Map())
    balances.get(currency)!.set(part, balance)
  }
  return balances
}

/** How one kind of entry changed a position in one month, by minor units. */
export interface Movement {
  /** `2026-03`: the calendar month, in UTC, in which the entry was booked. */
  month: string
  currency: Currency
  /** Of the entry, or of the one that it reverses. */
  kind: string
  amount: bigint
}

/**
 * How a person's position came about: the sum over all months and kinds is what their accounts hold (one
 * query). Kinds that only move money between those accounts, such as a payout's start, change nothing.
 */
export async function movementsOf(
  client: Client,
  holder: Holder,
  userId: string
): Promise<Movement[]> {
  const { rows } = await client.rawQuery<{ rows: Movement[] }>(byMonth(ACCOUNTS_OF[holder]), {
    user: userId,
  })
  return rows
}

/**
 * What lost chargebacks gave a client back by way of their bank, by month: also of what had been released,
 * which is no more of their position (one query). Above zero is what they got.
 */
export async function chargedBackTo(client: Client, userId: string): Promise<Movement[]> {
  const { rows } = await client.rawQuery<{ rows: Movement[] }>(
    `SELECT * FROM (${byMonth(`
      SELECT a.id
        FROM transactions d
        JOIN chargebacks c ON c.deposit_id = d.id
        JOIN ledger_accounts a ON a.name = 'chargeback_receivable:' || c.id
       WHERE d.user_id = :user AND d.transaction_type = 'deposit'`)}) claims
      WHERE kind IN ('chargeback_lost', 'chargeback_loss_reversed')`,
    { user: userId }
  )
  return rows
}

const byMonth = (accounts: string) => `
  SELECT to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, p.currency,
      coalesce(reversed.kind, e.kind) AS kind, ${EFFECT}::bigint AS amount
    FROM (${accounts}) own
    JOIN postings p ON p.account_id = own.id
    JOIN journal_entries e ON e.id = p.entry_id
    LEFT JOIN journal_entries reversed ON reversed.id = e.reverses AND e.kind = 'reversal'
   GROUP BY 1, 2, 3
   ORDER BY 1, 2, 3`

/** What accounts of one kind hold together. */
export interface KindBalance {
  kind: string
  currency: string
  /** Minor units, on the kind's normal side. */
  balance: bigint
}

/** What all accounts of some kinds hold, by kind and currency (one query). */
export async function balancesByKind(
  client: Client,
  kinds: readonly string[]
): Promise<KindBalance[]> {
  const { rows } = await client.rawQuery<{ rows: KindBalance[] }>(
    `SELECT kind, currency::text, sum(balance)::bigint AS balance FROM ledger_accounts
      WHERE kind = ANY (?) GROUP BY 1, 2 ORDER BY 2, 1`,
    [[...kinds]]
  )
  return rows
}

/** What is on its way over each rail, by kind of account and currency (one query). */
export async function inTransitByRail(client: Client): Promise<(KindBalance & { rail: string })[]> {
  const { rows } = await client.rawQuery<{ rows: (KindBalance & { rail: string })[] }>(
    `WITH moving AS MATERIALIZED (
       SELECT kind, currency, balance, split_part(name, ':', 2) AS transaction_id FROM ledger_accounts
        WHERE kind IN ('payout_in_transit', 'refund_in_transit') AND balance <> 0)
     SELECT t.rail, m.kind, m.currency::text, sum(m.balance)::bigint AS balance
       FROM moving m JOIN transactions t ON t.id = m.transaction_id::uuid
      GROUP BY 1, 2, 3`
  )
  return rows
}
