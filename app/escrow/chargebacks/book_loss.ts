import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts, kindOf, type AccountName } from '#ledger/chart_of_accounts'
import { escrowTotals } from '#ledger/balances'
import { Money, sumOf, type Currency } from '#ledger/money'
import { credit, debit, type JournalEntryInput } from '#ledger/post_entries'
import type Chargeback from '#models/chargeback'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import { debtsOf, lockDebts, type Debt } from '#escrow/chargebacks/debts'
import { shareLoss, smaller, type LossShares, type Takeable } from '#escrow/chargebacks/loss_shares'

/** A chargeback and what it touches, under their locks. */
export interface LockedChargeback {
  trx: TransactionClientContract
  chargeback: Chargeback
  /** Whose payment it disputes. */
  deposit: Transaction
  project: Project
  /** Those that the deposit funds, by id: that is the order in which a loss takes what they hold. */
  milestones: Milestone[]
}

/** What is to be posted so that a chargeback's loss becomes what it should be. */
export interface LossPlan {
  entries: JournalEntryInput[]
  /** What the freelancer owes us more from now on, and what they owe us less. */
  incurred: Money
  eased: Money
  /** What the freelancer gave back for it and is owed again. */
  givenBack: Money
}

/**
 * Plans the entries that bring the loss of a chargeback to a sum: one more loss if it grew, and otherwise
 * its reversal, followed by what is still lost. What was written off of the freelancer's part stays written
 * off, as far as they still have a part.
 *
 * @param booked its loss as it is now
 * @param wanted what nobody gives us back any more
 * @param transactionId a withdrawal of this chargeback, which the entries belong to
 */
export async function planLoss(
  locked: LockedChargeback,
  booked: BookedLoss,
  wanted: Money,
  transactionId: string
): Promise<LossPlan> {
  const { trx, chargeback, deposit, project } = locked
  const zero = Money.zero(deposit.currency)
  const before = lossOf(booked, deposit.currency)
  const plan: LossPlan = { entries: [], incurred: zero, eased: zero, givenBack: zero }
  let forgiven = zero

  await lockDebts(trx, project.freelancerId!, deposit.currency)
  const origin = { transactionId, depositId: deposit.id }
  const from = await takeable(locked)
  let rest = wanted.subtract(before)
  if (!rest.isPositive) {
    const { entry, debt } = await reversal(locked, booked, before)
    plan.entries.push({ ...entry, ...origin })
    plan.givenBack = debt.recovered
    forgiven = debt.writtenOff
    plan.eased = debt.outstanding.add(debt.recovered)
    giveBack(from, booked)
    rest = wanted
  }
  if (rest.isPositive) {
    const shares = shareLoss(rest, from)
    plan.entries.push({
      reference: `chargeback_lost:${chargeback.id}:${booked.losses + 1}`,
      kind: 'chargeback_lost',
      ...origin,
      postings: [
        ...lossPostings(locked, shares),
        credit(accounts.chargebackReceivable(chargeback.id), rest),
      ],
    })
    forgiven = smaller(forgiven, shares.freelancer)
    plan.entries.push(...(await carriedOver(locked, forgiven, booked.losses + 1)))
    plan.incurred = shares.freelancer.subtract(forgiven)
  }
  const both = smaller(plan.incurred, plan.eased)
  plan.incurred = plan.incurred.subtract(both)
  plan.eased = plan.eased.subtract(both)
  return plan
}

/** What people have written off of a debt, written off once more of the one that takes its place. */
async function carriedOver(
  { trx, chargeback, deposit, project }: LockedChargeback,
  forgiven: Money,
  loss: number
): Promise<JournalEntryInput[]> {
  const rows = await trx
    .from('debt_write_offs')
    .where('chargeback_id', chargeback.id)
    .orderBy('id')
    .select('id', 'amount')
  let rest = forgiven
  return rows.flatMap(({ id, amount }) => {
    const part = smaller(rest, Money.of(amount, deposit.currency))
    if (!part.isPositive) return []
    rest = rest.subtract(part)
    return {
      reference: `debt_written_off:${id}:${loss}`,
      kind: 'debt_written_off' as const,
      depositId: deposit.id,
      postings: [
        debit(accounts.chargebackLoss(), part),
        credit(accounts.freelancerReceivable(project.freelancerId!), part),
      ],
    }
  })
}

/** What is booked of a chargeback's loss now, by the account that bears it. */
export interface BookedLoss {
  shares: Map<AccountName, Money>
  /** How many losses were booked ever, and how many were reversed. */
  losses: number
  reversals: number
}

/** What a chargeback costs all its bearers together. */
export function lossOf({ shares }: BookedLoss, currency: Currency): Money {
  return sumOf(shares.values(), currency)
}

/** Reads what a chargeback took since it was last reversed, and has not given back. */
export async function bookedLoss(
  trx: TransactionClientContract,
  chargebackId: string
): Promise<BookedLoss> {
  const { rows } = await trx.rawQuery(
    `WITH own AS (
       SELECT e.id, e.kind FROM ledger_accounts claim
         JOIN postings p ON p.account_id = claim.id
         JOIN journal_entries e ON e.id = p.entry_id
        WHERE claim.name = ? AND e.kind IN ('chargeback_lost', 'chargeback_loss_reversed')
     ), counts AS (
       SELECT count(*) FILTER (WHERE kind = 'chargeback_lost')::int AS losses,
              count(*) FILTER (WHERE kind = 'chargeback_loss_reversed')::int AS reversals,
              coalesce(max(id) FILTER (WHERE kind = 'chargeback_loss_reversed'), 0) AS reversed
         FROM own
     )
     SELECT counts.losses, counts.reversals, a.name, a.currency, sum(p.amount)::bigint AS amount
       FROM counts
       LEFT JOIN (own JOIN postings p ON p.entry_id = own.id AND p.direction = 'debit'
                      JOIN ledger_accounts a ON a.id = p.account_id)
         ON own.kind = 'chargeback_lost' AND own.id > counts.reversed
      GROUP BY counts.losses, counts.reversals, a.name, a.currency
      ORDER BY a.name`,
    [accounts.chargebackReceivable(chargebackId)]
  )
  const shares = new Map<AccountName, Money>()
  for (const { name, currency, amount } of rows) {
    if (name) shares.set(name, Money.of(amount, currency))
  }
  return { shares, losses: rows[0].losses, reversals: rows[0].reversals }
}

/** What a further loss of the deposit can be taken from, beside this and its other losses. */
export async function takeable({
  trx,
  deposit,
  project,
  milestones,
}: LockedChargeback): Promise<Takeable> {
  const { currency } = deposit
  const totals = await escrowTotals(
    trx,
    milestones.map(({ id }) => id)
  )
  const { rows } = await trx.rawQuery(
    `SELECT
       (SELECT coalesce(sum(net), 0)::bigint FROM releases WHERE deposit_id = :id) AS net,
       (SELECT coalesce(sum(fee), 0)::bigint FROM releases WHERE deposit_id = :id) AS fee,
       (SELECT coalesce(sum(CASE p.direction WHEN 'credit' THEN p.amount ELSE -p.amount END), 0)::bigint
          FROM journal_entries e
          JOIN postings p ON p.entry_id = e.id
          JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'refund_payable'
         WHERE e.deposit_id = :id) AS owed_back`,
    { id: deposit.id }
  )
  const money = (minor: bigint) => Money.of(minor, currency)
  const siblings = await trx.from('chargebacks').where('deposit_id', deposit.id).select('id')
  const taken = { net: Money.zero(currency), fee: Money.zero(currency) }
  for (const { id } of siblings) {
    const { shares } = await bookedLoss(trx, id)
    taken.net = taken.net.add(
      share(shares, accounts.freelancerReceivable(project.freelancerId!), currency)
    )
    taken.fee = taken.fee.add(share(shares, accounts.platformFee(), currency))
  }
  return {
    escrow: totals.map(({ milestoneId, held }) => ({ milestoneId, held })),
    owedBack: money(rows[0].owed_back),
    released: { net: money(rows[0].net), fee: money(rows[0].fee) },
    taken,
  }
}

/** What a reversal in the same set of entries makes takeable again. */
function giveBack(from: Takeable, { shares }: BookedLoss): void {
  for (const [account, amount] of shares) {
    const kind = kindOf(account)
    if (kind === 'escrow') {
      const part = from.escrow.find(({ milestoneId }) => accounts.escrow(milestoneId) === account)!
      part.held = part.held.add(amount)
    }
    if (kind === 'refund_payable') from.owedBack = from.owedBack.add(amount)
    if (kind === 'freelancer_receivable') from.taken.net = from.taken.net.subtract(amount)
    if (kind === 'platform_fee') from.taken.fee = from.taken.fee.subtract(amount)
  }
}

function lossPostings({ deposit, project }: LockedChargeback, shares: LossShares) {
  return [
    ...shares.escrow.map((part) => debit(accounts.escrow(part.milestoneId), part.amount)),
    ...positive(accounts.refundPayable(deposit.userId!), shares.owedBack).map(toDebit),
    ...positive(accounts.freelancerReceivable(project.freelancerId!), shares.freelancer).map(
      toDebit
    ),
    ...positive(accounts.platformFee(), shares.platform).map(toDebit),
    ...positive(accounts.chargebackLoss(), shares.ours).map(toDebit),
  ]
}

/**
 * Gives everyone back what a loss took from them. Of the freelancer's part, what is still owed is owed no
 * more; what was recovered is payable to them; and what we had written off is our loss no more.
 */
async function reversal(
  { trx, chargeback, project, deposit }: LockedChargeback,
  { shares, reversals }: BookedLoss,
  whole: Money
): Promise<{ entry: JournalEntryInput; debt: Omit<Debt, 'chargebackId'> }> {
  const { currency } = deposit
  const zero = Money.zero(currency)
  const freelancer = project.freelancerId!
  const debts = await debtsOf(trx, freelancer, currency)
  const none = { outstanding: zero, recovered: zero, writtenOff: zero }
  const debt = debts.find(({ chargebackId }) => chargebackId === chargeback.id) ?? none
  const loss = share(shares, accounts.chargebackLoss(), currency)
  const lines = new Map(shares)
  lines.set(accounts.freelancerReceivable(freelancer), debt.outstanding)
  lines.set(accounts.payable(freelancer), debt.recovered)
  lines.set(accounts.chargebackLoss(), loss.add(debt.writtenOff))
  return {
    entry: {
      reference: `chargeback_loss_reversed:${chargeback.id}:${reversals + 1}`,
      kind: 'chargeback_loss_reversed',
      postings: [
        debit(accounts.chargebackReceivable(chargeback.id), whole),
        ...[...lines].flatMap(([account, amount]) => positive(account, amount).map(toCredit)),
      ],
    },
    debt,
  }
}

function share(shares: Map<AccountName, Money>, account: AccountName, currency: string): Money {
  return shares.get(account) ?? Money.zero(currency)
}

interface Line {
  account: AccountName
  amount: Money
}

const positive = (account: AccountName, amount: Money): Line[] =>
  amount.isPositive ? [{ account, amount }] : []
const toDebit = ({ account, amount }: Line) => debit(account, amount)
const toCredit = ({ account, amount }: Line) => credit(account, amount)
