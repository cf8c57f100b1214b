import { NIL } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import type { Client } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'
import type RefundRequest from '#models/refund_request'
import Transaction from '#models/transaction'

interface Row {
  deposit_id: string
  /** Empty for what is not a refund's: a lost chargeback that the payer's bank settled. */
  refund_id: string | null
  currency: Currency
  owed: bigint
}

/**
 * What of each refund is still owed to its client because no rail carried it, in refund_payable. A lost
 * chargeback gives the payer the same money from their bank: it counts against the youngest refunds of its
 * deposit. What a refund pays that continues another is owed of that one no more.
 *
 * @returns by refund, never one that continues another, and only those of which anything is owed
 */
export async function owedRefunds(
  client: Client,
  depositIds: readonly string[]
): Promise<Map<string, Money>> {
  if (depositIds.length === 0) return new Map()
  const { rows } = await client.rawQuery<{ rows: Row[] }>(
    `SELECT e.deposit_id, coalesce(t.continues_id, t.id) AS refund_id, p.currency,
            sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END)::bigint AS owed
       FROM journal_entries e
       JOIN postings p ON p.entry_id = e.id
       JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'refund_payable'
       LEFT JOIN transactions t ON t.id = e.transaction_id AND t.transaction_type = 'refund'
      WHERE e.deposit_id = ANY (?::uuid[])
      GROUP BY 1, 2, 3
      ORDER BY 2`,
    [[...depositIds]]
  )
  const left = new Map<string, bigint>()
  for (const { deposit_id: deposit, owed } of rows)
    left.set(deposit, (left.get(deposit) ?? 0n) + owed)
  const found = new Map<string, Money>()
  for (const { deposit_id: deposit, refund_id: refund, currency, owed } of rows) {
    if (!refund || owed <= 0n) continue
    const rest = left.get(deposit)!
    const part = owed < rest ? owed : rest
    if (part > 0n) found.set(refund, Money.of(part, currency))
    left.set(deposit, rest - part)
  }
  return found
}

/** What is owed of one refund; of the first one, for a refund that continues it. */
export async function owedOf(
  client: Client,
  refund: Pick<Transaction, 'id' | 'continuesId' | 'depositId' | 'currency'>
): Promise<Money> {
  const owed = await owedRefunds(client, refund.depositId ? [refund.depositId] : [])
  return owed.get(refund.continuesId ?? refund.id) ?? Money.zero(refund.currency)
}

/** What is owed of a project's refunds, all together. */
export async function owedOfProject(
  client: Client,
  projectId: string,
  currency: Currency
): Promise<Money> {
  const { rows } = await client.rawQuery<{ rows: { owed: bigint }[] }>(
    `SELECT coalesce(sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END), 0)::bigint AS owed
       FROM escrow_accounts account
       JOIN transactions d ON d.escrow_account_id = account.id AND d.transaction_type = 'deposit'
       JOIN journal_entries e ON e.deposit_id = d.id
       JOIN postings p ON p.entry_id = e.id
       JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'refund_payable'
      WHERE account.project_id = ?`,
    [projectId]
  )
  return Money.of(rows[0].owed, currency)
}

/** Notes on refund requests, whose transactions are loaded, what their transformer shows of the ledger. */
export async function withWhatIsOwed<Requests extends RefundRequest[]>(
  requests: Requests
): Promise<Requests> {
  const refunds = requests.flatMap(({ transaction }) => transaction ?? [])
  if (refunds.length === 0) return requests
  const owed = await owedRefunds(db, [
    ...new Set(refunds.filter(({ status }) => status === 'failed').map((each) => each.depositId!)),
  ])
  const { rows: byHand } = await db.rawQuery(
    `SELECT coalesce(t.continues_id, t.id) AS id
       FROM refunds_paid_by_hand h JOIN transactions t ON t.id = h.transaction_id
      WHERE coalesce(t.continues_id, t.id) = ANY (?::uuid[])`,
    [refunds.map(({ id }) => id)]
  )
  const paid = new Set(byHand.map((row: { id: string }) => row.id))
  for (const request of requests) {
    request.owed = owed.get(request.transaction?.id)
    request.paidByHand = paid.has(request.transaction?.id)
  }
  return requests
}

export interface OwedRefund {
  refund: Transaction
  amount: Money
}

/**
 * The same in pages, the oldest refund first. Only clients whom a refund is owed are looked at, so that all
 * that was settled long ago costs nothing; one page takes two queries, more only where a client has many of those.
 *
 * @param after the refund that the page before ended with
 */
export async function pageOfOwedRefunds(limit: number, after: string = NIL): Promise<OwedRefund[]> {
  const found: OwedRefund[] = []
  for (;;) {
    const refunds = await Transaction.query()
      .where('transaction_type', 'refund')
      .where('status', 'failed')
      .where('id', '>', after)
      .whereExists((account) =>
        account
          .from('ledger_accounts')
          .whereRaw(`name = 'refund_payable:' || transactions.user_id AND balance > 0`)
      )
      .orderBy('id')
      .limit(limit)
    const owed = await owedRefunds(db, [...new Set(refunds.map(({ depositId }) => depositId!))])
    for (const refund of refunds) {
      const amount = owed.get(refund.id)
      if (amount) found.push({ refund, amount })
    }
    if (refunds.length < limit || found.length >= limit) return found.slice(0, limit)
    after = refunds[refunds.length - 1].id
  }
}

/** Every refund that is owed to its client, who waits longest first, and how much of it. */
export async function listOwedRefunds(): Promise<OwedRefund[]> {
  const refunds = await Transaction.query()
    .where('transaction_type', 'refund')
    .where('status', 'failed')
    .orderBy('completed_at')
  const owed = await owedRefunds(db, [...new Set(refunds.map(({ depositId }) => depositId!))])
  return refunds.flatMap((refund) => {
    const amount = owed.get(refund.id)
    return amount ? [{ refund, amount }] : []
  })
}
