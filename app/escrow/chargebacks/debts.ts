import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts } from '#ledger/chart_of_accounts'
import { balanceOf, type Client } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'

/** What a freelancer owes us for one lost chargeback, and what became of it. */
export interface Debt {
  chargebackId: string
  /** Taken from releases and payouts, clawed back, or paid. */
  recovered: Money
  writtenOff: Money
  /** Above zero while it is owed. */
  outstanding: Money
}

/**
 * Serialises everything that makes, settles or could settle a freelancer's debts: whoever is owed money
 * while owing us some must find out, also when both come about at the same moment. Taken after row locks
 * and before postings.
 *
 * @returns what they owe us now
 */
export async function lockDebts(
  trx: TransactionClientContract,
  userId: string,
  currency: Currency
): Promise<Money> {
  await trx.rawQuery('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `debts:${userId}:${currency}`,
  ])
  // A statement of its own, so that it sees what was committed while we waited.
  return balanceOf(trx, accounts.freelancerReceivable(userId), currency)
}

interface Line {
  kind: string
  amount: bigint
  /** Of a loss and its reversal. */
  chargeback_id: string | null
  /** Of a write-off. */
  forgiven: string | null
}

/**
 * A freelancer's debts, one per lost chargeback that took from them, in the order in which they arose.
 * They share an account, whose history is read here: what is recovered settles the oldest debt first, and
 * a write-off names its own.
 */
export async function debtsOf(client: Client, userId: string, currency: Currency): Promise<Debt[]> {
  const { rows } = await client.rawQuery<{ rows: Line[] }>(HISTORY, {
    account: accounts.freelancerReceivable(userId),
    currency,
  })
  const debts = new Map<string, Debt>()
  for (const { kind, amount, chargeback_id: id, forgiven } of rows) {
    const money = Money.of(amount, currency)
    if (kind === 'chargeback_lost') incur(debts, id!, money)
    else if (kind === 'chargeback_loss_reversed') debts.delete(id!)
    else if (forgiven) settle([debts.get(forgiven)!], money, 'writtenOff')
    else settle(debts.values(), money, 'recovered')
  }
  return [...debts.values()]
}

function incur(debts: Map<string, Debt>, chargebackId: string, amount: Money): void {
  if (!amount.isPositive) return
  const zero = Money.zero(amount.currency)
  const debt = debts.get(chargebackId)
  if (debt) debt.outstanding = debt.outstanding.add(amount)
  else
    debts.set(chargebackId, {
      chargebackId,
      recovered: zero,
      writtenOff: zero,
      outstanding: amount,
    })
}

function settle(debts: Iterable<Debt>, amount: Money, as: 'recovered' | 'writtenOff'): void {
  let rest = amount
  for (const debt of debts) {
    const part = rest.compare(debt.outstanding) < 0 ? rest : debt.outstanding
    debt.outstanding = debt.outstanding.subtract(part)
    debt[as] = debt[as].add(part)
    rest = rest.subtract(part)
  }
}

/**
 * What was posted to a freelancer's debts, oldest first, with the chargeback that it was about. A reversal
 * counts although it may have given nothing back on this account.
 */
const HISTORY = `
  WITH debt AS (
    SELECT p.entry_id, p.amount FROM ledger_accounts a JOIN postings p ON p.account_id = a.id
     WHERE a.name = :account AND a.currency = :currency
  ), claim AS (
    SELECT DISTINCT c.id, split_part(c.name, ':', 2) AS chargeback_id
      FROM debt
      JOIN postings p ON p.entry_id = debt.entry_id
      JOIN ledger_accounts c ON c.id = p.account_id AND c.kind = 'chargeback_receivable'
  ), claimed AS (
    SELECT p.entry_id, claim.chargeback_id FROM claim JOIN postings p ON p.account_id = claim.id
  )
  SELECT e.kind, coalesce(debt.amount, 0)::bigint AS amount, claimed.chargeback_id,
      w.chargeback_id AS forgiven
    FROM journal_entries e
    LEFT JOIN debt ON debt.entry_id = e.id
    LEFT JOIN claimed ON claimed.entry_id = e.id
    -- debt_written_off:<write-off>, and :<loss> where it is carried over to another loss
    LEFT JOIN debt_write_offs w
      ON e.kind = 'debt_written_off' AND w.id::text = split_part(e.reference, ':', 2)
   WHERE e.id IN (SELECT entry_id FROM debt UNION ALL SELECT entry_id FROM claimed)
     AND e.kind IN ('chargeback_lost', 'chargeback_loss_reversed', 'debt_offset', 'debt_recovered',
                    'debt_written_off')
   ORDER BY e.id`
