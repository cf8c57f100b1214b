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
  account_id: bigint
  account: string
  currency: Currency
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
  const { rows } = await client.rawQuery<{ rows: Line[] }>(
    historyOf('a.name = :account AND a.currency = :currency'),
    { account: accounts.freelancerReceivable(userId), currency }
  )
  return debtsIn(rows)
}

export interface OpenDebt extends Debt {
  userId: string
  /** Of the ledger: what they owe in one currency. */
  accountId: bigint
}

/** Every debt of which something is still owed, by freelancer and age (one query). */
export function openDebts(client: Client): Promise<OpenDebt[]> {
  return debtsOn(client, INDEBTED, {})
}

/**
 * The same in pages: all debts of so many freelancers (of each in one currency). One query.
 *
 * @param after the account that the page before ended with
 */
export function pageOfDebts(client: Client, limit: number, after = 0n): Promise<OpenDebt[]> {
  const which = `a.id IN (
    SELECT a.id FROM ledger_accounts a WHERE ${INDEBTED} AND a.id > :after ORDER BY a.id LIMIT :limit)`
  return debtsOn(client, which, { after: after.toString(), limit })
}

const INDEBTED = `a.kind = 'freelancer_receivable' AND a.balance > 0`

async function debtsOn(
  client: Client,
  which: string,
  bindings: Record<string, string | number>
): Promise<OpenDebt[]> {
  const { rows } = await client.rawQuery<{ rows: Line[] }>(historyOf(which), bindings)
  const byAccount = Map.groupBy(rows, ({ account_id: id }) => id)
  return [...byAccount].flatMap(([accountId, lines]) =>
    debtsIn(lines)
      .filter(({ outstanding }) => outstanding.isPositive)
      .map((debt) => ({ ...debt, accountId, userId: lines[0].account.split(':')[1] }))
  )
}

/** @param lines of one account, oldest first */
function debtsIn(lines: Line[]): Debt[] {
  const debts = new Map<string, Debt>()
  for (const { kind, amount, currency, chargeback_id: id, forgiven } of lines) {
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
 * What was posted to accounts of debts, each oldest first, with the chargeback that it was about. A reversal
 * counts although it may have given nothing back on this account.
 */
const historyOf = (which: string) => `
  WITH debt AS (
    SELECT a.id AS account_id, p.entry_id, p.amount
      FROM ledger_accounts a JOIN postings p ON p.account_id = a.id
     WHERE ${which}
  ), claim AS (
    SELECT DISTINCT debt.account_id, c.id, split_part(c.name, ':', 2) AS chargeback_id
      FROM debt
      JOIN postings p ON p.entry_id = debt.entry_id
      JOIN ledger_accounts c ON c.id = p.account_id AND c.kind = 'chargeback_receivable'
  ), claimed AS (
    SELECT claim.account_id, p.entry_id, claim.chargeback_id
      FROM claim JOIN postings p ON p.account_id = claim.id
  ), own AS (
    SELECT account_id, entry_id FROM debt UNION SELECT account_id, entry_id FROM claimed
  )
  SELECT a.id AS account_id, a.name AS account, a.currency, e.kind, coalesce(debt.amount, 0)::bigint AS amount,
      claimed.chargeback_id, w.chargeback_id AS forgiven
    FROM own
    JOIN ledger_accounts a ON a.id = own.account_id
    JOIN journal_entries e ON e.id = own.entry_id
    LEFT JOIN debt USING (account_id, entry_id)
    LEFT JOIN claimed USING (account_id, entry_id)
    -- debt_written_off:<write-off>, and :<loss> where it is carried over to another loss
    LEFT JOIN debt_write_offs w
      ON e.kind = 'debt_written_off' AND w.id::text = split_part(e.reference, ':', 2)
   WHERE e.kind IN ('chargeback_lost', 'chargeback_loss_reversed', 'debt_offset', 'debt_recovered',
                    'debt_written_off')
   ORDER BY own.account_id, e.id`
