import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { ESCROW_TOTALS } from '#ledger/balances'
import { ENTRY_RULES, type EntryKind } from '#ledger/chart_of_accounts'
import { formatMinor, isKnownCurrency } from '#ledger/money'

/** One thing that is not as it must be. */
export interface Break {
  invariant: string
  /** The account, entry, milestone, transaction or release that it is about. */
  subject: string
  expected: string
  actual: string
  /** A sentence for the person who looks into it. */
  message: string
}

export interface Check {
  invariant: string
  /** The sentence that holds when there is no break. */
  statement: string
  breaks: number
}

export interface Verification {
  ok: boolean
  /** When the state that was looked at was current, by the database's clock. */
  asOf: Date
  examined: { entries: bigint; postings: bigint; accounts: bigint; transactions: bigint }
  checks: Check[]
  breaks: Break[]
}

interface Invariant {
  name: string
  statement: string
  /**
   * Selects what contradicts the statement: subject, expected, actual, and the currency if these two
   * are amounts in minor units. Bindings, if any, are positional.
   */
  sql: string
  bindings?: unknown[]
  message: string
}

/** Of one invariant; a ledger with more is not repaired break by break. */
const MOST_BREAKS = 1000

const DEBIT_LESS_CREDIT = `sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END)`

/** Kinds of entries that need no transaction: people book them to explain or forgive something. */
const WITHOUT_TRANSACTION: EntryKind[] = [
  'reversal',
  'suspense_booked',
  'correction',
  'debt_offset',
  'debt_recovered',
  'debt_written_off',
]

/** To what type of transaction an entry belongs, by the beginning of its kind. */
const TYPE_OF_ENTRY = `
  CASE
    WHEN e.kind IN ('deposit_captured', 'unapplied_received') THEN 'deposit'
    WHEN e.kind = 'release' THEN 'release'
    -- It stands for both parts, and belongs to the freelancer's if there is one.
    WHEN e.kind = 'resolution' AND t.transaction_type IS DISTINCT FROM 'refund' THEN 'release'
    WHEN e.kind LIKE 'refund%' THEN 'refund'
    WHEN e.kind LIKE 'payout%' THEN 'payout'
    WHEN e.kind LIKE 'chargeback%' THEN 'chargeback'
    WHEN e.kind IN ('opening_float', 'top_up', 'withdrawal') THEN 'treasury'
  END
`

/**
 * By what postings a transaction takes effect: those of its entries of these kinds to accounts of this
 * kind. They add up to its amount when it is completed, and to nothing while it is not, or no longer.
 */
const EFFECTS = `(VALUES
  ('deposit', 'deposit_captured', 'clearing'),
  ('deposit', 'unapplied_received', 'clearing'),
  ('release', 'release', 'payable'),
  ('release', 'release', 'platform_fee'),
  ('release', 'resolution', 'payable'),
  ('release', 'resolution', 'platform_fee'),
  ('fee', 'release', 'platform_fee'),
  ('fee', 'resolution', 'platform_fee'),
  ('refund', 'refund_succeeded', 'clearing'),
  ('refund', 'refund_failed', 'clearing'),
  ('refund', 'refund_paid_by_hand', 'bank'),
  ('payout', 'payout_confirmed', 'clearing'),
  ('chargeback', 'chargeback_withdrawn', 'chargeback_receivable'),
  ('treasury', 'top_up', 'clearing'),
  ('treasury', 'withdrawal', 'clearing')
) AS effect (type, kind, account)`

const INVARIANTS: Invariant[] = [
  {
    name: 'zero_sum',
    statement: 'All debits equal all credits, in every currency',
    sql: `
      SELECT currency AS subject, debits AS expected, credits AS actual, currency FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0) AS debits,
            coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0) AS credits
          FROM postings GROUP BY currency
      ) sums WHERE debits <> credits`,
    message: 'The whole ledger does not balance: debits are {expected}, credits {actual}.',
  },
  {
    name: 'entry_balances',
    statement: 'The debits of every entry equal its credits',
    sql: `
      SELECT coalesce(e.reference, 'entry ' || s.entry_id) AS subject, s.debits AS expected,
          s.credits AS actual, s.currency
        FROM (
          SELECT entry_id, currency,
              coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0) AS debits,
              coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0) AS credits
            FROM postings GROUP BY entry_id, currency
        ) s
        LEFT JOIN journal_entries e ON e.id = s.entry_id
        WHERE s.debits <> s.credits`,
    message: 'The entry does not balance: it debits {expected} and credits {actual}.',
  },
  {
    name: 'entry_complete',
    statement: 'Every entry has the postings that it came with, and every posting its entry',
    sql: `
      SELECT coalesce(e.reference, 'entry ' || c.entry_id) AS subject,
          coalesce(e.posting_count, 0) AS expected, coalesce(c.postings, 0) AS actual
        FROM journal_entries e
        FULL JOIN (SELECT entry_id, count(*) AS postings FROM postings GROUP BY entry_id) c
          ON c.entry_id = e.id
        WHERE e.posting_count IS DISTINCT FROM c.postings`,
    message: 'The entry came with {expected} postings and has {actual}.',
  },
  {
    name: 'entry_unchanged',
    statement: 'Every entry says what it said when it was posted',
    sql: `
      SELECT e.reference AS subject, encode(e.content_hash, 'hex') AS expected, encode(now.hash, 'hex') AS actual
        FROM journal_entries e
        LEFT JOIN journal_entries reversed ON reversed.id = e.reverses
        CROSS JOIN LATERAL (
          SELECT ledger_content_hash(e.kind, e.transaction_id, e.milestone_id, e.deposit_id, reversed.reference,
              jsonb_agg(jsonb_build_array(a.name, p.currency, p.direction, p.amount)
                ORDER BY a.name COLLATE "C", p.currency COLLATE "C", p.direction COLLATE "C", p.amount)) AS hash
            FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
            WHERE p.entry_id = e.id
        ) now
        WHERE now.hash IS DISTINCT FROM e.content_hash`,
    message:
      'What is stored of the entry is not what was posted: its hash was {expected} and is {actual}.',
  },
  {
    name: 'entry_kind',
    statement: 'Entries touch the accounts that their kind is for',
    sql: `
      SELECT DISTINCT ON (e.id) e.reference AS subject, e.kind AS expected, p.direction || ' ' || a.name AS actual
        FROM journal_entries e
        JOIN postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.account_id
        WHERE e.kind <> 'reversal' AND NOT EXISTS (
          SELECT FROM jsonb_to_recordset(?::jsonb) AS rule (kind text, direction text, account text)
            WHERE rule.kind = e.kind AND rule.direction = p.direction AND rule.account = a.kind)`,
    bindings: [
      JSON.stringify(
        Object.entries(ENTRY_RULES).flatMap(([kind, rule]) =>
          (['debit', 'credit'] as const).flatMap((direction) =>
            rule[direction].map((account) => ({ kind, direction, account }))
          )
        )
      ),
    ],
    message: 'An entry of kind {expected} has no business with: {actual}.',
  },
  {
    name: 'posting_currency',
    statement: "Every posting is in its account's currency",
    sql: `
      SELECT coalesce(a.name, 'account ' || p.account_id) || ' #' || p.account_seq AS subject,
          coalesce(a.currency, 'an account') AS expected, p.currency AS actual
        FROM postings p LEFT JOIN ledger_accounts a ON a.id = p.account_id
        WHERE a.currency IS DISTINCT FROM p.currency`,
    message: 'The posting is in {actual}, its account in {expected}.',
  },
  {
    name: 'stored_balance',
    statement: 'Every stored balance is the sum of its postings',
    sql: `
      SELECT a.name || ' (' || a.currency || ', stripe ' || a.stripe || ')' AS subject,
          coalesce(s.amount, 0) * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END AS expected,
          a.balance AS actual, a.currency
        FROM ledger_accounts a
        LEFT JOIN (SELECT p.account_id, ${DEBIT_LESS_CREDIT} AS amount FROM postings p GROUP BY 1) s
          ON s.account_id = a.id
        WHERE a.balance <> coalesce(s.amount, 0) * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END`,
    message: 'The account stores a balance of {actual}, its postings add up to {expected}.',
  },
  {
    name: 'stored_sequence',
    statement: 'Every account knows how many postings it has',
    sql: `
      SELECT coalesce(a.name || ' (' || a.currency || ', stripe ' || a.stripe || ')', 'account ' || s.account_id) AS subject,
          coalesce(s.postings, 0) AS expected, coalesce(a.seq, 0) AS actual
        FROM ledger_accounts a
        FULL JOIN (SELECT account_id, count(*) AS postings FROM postings GROUP BY 1) s ON s.account_id = a.id
        WHERE coalesce(a.seq, 0) <> coalesce(s.postings, 0)`,
    message: 'The account counts {actual} postings and has {expected}.',
  },
  {
    name: 'posting_chain',
    statement: "Every posting continues its account's sequence and balance",
    sql: `
      SELECT a.name || ' #' || p.account_seq AS subject,
          '#' || p.previous_seq + 1 || ' with ' || p.previous_balance + p.change AS expected,
          '#' || p.account_seq || ' with ' || p.balance_after AS actual
        FROM (
          SELECT p.*,
              p.amount * CASE p.direction WHEN own.normal_side THEN 1 ELSE -1 END AS change,
              coalesce(lag(p.balance_after) OVER history, 0) AS previous_balance,
              coalesce(lag(p.account_seq) OVER history, 0) AS previous_seq
            FROM postings p JOIN ledger_accounts own ON own.id = p.account_id
            WINDOW history AS (PARTITION BY p.account_id ORDER BY p.account_seq)
        ) p
        JOIN ledger_accounts a ON a.id = p.account_id
        WHERE p.account_seq <> p.previous_seq + 1 OR p.balance_after <> p.previous_balance + p.change`,
    message:
      'After the one before it, the posting must be {expected} (minor units); it is {actual}.',
  },
  {
    name: 'account_in_chart',
    statement: 'Every account is what the chart of accounts says',
    sql: `
      SELECT a.name AS subject, coalesce(k.prefix || ', ' || k.normal_side || ', ' || k.may_go_negative, 'nothing') AS expected,
          a.kind || ', ' || a.normal_side || ', ' || a.may_go_negative AS actual
        FROM ledger_accounts a
        LEFT JOIN ledger_account_kinds k ON k.prefix = split_part(a.name, ':', 1)
        WHERE (k.prefix, k.normal_side, k.may_go_negative)
            IS DISTINCT FROM (a.kind, a.normal_side, a.may_go_negative)
          OR a.stripe NOT BETWEEN 0 AND k.stripes - 1`,
    message: 'The chart has for this account: {expected}; it is kept as: {actual}.',
  },
  {
    name: 'not_negative',
    statement: 'Nothing is or was negative that may not be',
    sql: `
      SELECT subject, 0 AS expected, balance AS actual, currency FROM (
        SELECT a.name AS subject, a.kind, a.balance, a.currency FROM ledger_accounts a WHERE a.balance < 0
        UNION ALL
        SELECT a.name || ' #' || p.account_seq, a.kind, p.balance_after, p.currency
          FROM postings p JOIN ledger_accounts a ON a.id = p.account_id WHERE p.balance_after < 0
      ) negative
      JOIN ledger_account_kinds k ON k.prefix = negative.kind
      WHERE NOT k.may_go_negative`,
    message: 'The account may not hold less than {expected}, but holds or held {actual}.',
  },
  {
    name: 'reversal_mirrors',
    statement: 'Every reversal is the mirror image of what it reverses',
    sql: `
      SELECT e.reference AS subject, 0 AS expected, x.amount AS actual, x.currency
        FROM journal_entries e
        CROSS JOIN LATERAL (
          SELECT a.currency, ${DEBIT_LESS_CREDIT} AS amount
            FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
            WHERE p.entry_id IN (e.id, e.reverses)
            GROUP BY a.name, a.currency
            HAVING ${DEBIT_LESS_CREDIT} <> 0
            LIMIT 1
        ) x
        WHERE e.reverses IS NOT NULL`,
    message:
      'Together with what it reverses the entry leaves {actual} on an account, not {expected}.',
  },
  {
    name: 'milestone_explained',
    statement: 'funded = released + refunded + charged back + held, for every milestone',
    sql: `
      SELECT 'milestone ' || t.milestone_id AS subject, t.currency, t.funded AS expected,
          t.released + t.refunded + t.charged_back + t.held AS actual
        FROM (${ESCROW_TOTALS} GROUP BY m.id) t
        WHERE t.funded <> t.released + t.refunded + t.charged_back + t.held`,
    message:
      'The milestone was funded with {expected}, but released, refunded, charged back and held add up to {actual}.',
  },
  {
    name: 'milestone_funded',
    statement: 'A milestone is marked as funded exactly when the ledger has its amount',
    sql: `
      SELECT 'milestone ' || m.id AS subject, t.currency,
          CASE WHEN m.funded_at IS NULL THEN 0 ELSE m.amount END AS expected, t.funded AS actual
        FROM milestones m JOIN (${ESCROW_TOTALS} GROUP BY m.id) t ON t.milestone_id = m.id
        WHERE t.funded <> CASE WHEN m.funded_at IS NULL THEN 0 ELSE m.amount END`,
    message:
      'By its own record the milestone is funded with {expected}, by the ledger with {actual}.',
  },
  {
    name: 'milestone_closed',
    statement: 'A funded milestone is closed exactly when it holds nothing',
    sql: `
      SELECT 'milestone ' || m.id AS subject,
          CASE t.held WHEN 0 THEN 'closed' ELSE 'open' END AS expected,
          CASE WHEN m.closed_at IS NULL THEN 'open' ELSE 'closed' END AS actual
        FROM milestones m JOIN (${ESCROW_TOTALS} GROUP BY m.id) t ON t.milestone_id = m.id
        WHERE (m.funded_at IS NOT NULL OR t.funded <> 0)
          AND (t.held = 0) <> (m.closed_at IS NOT NULL)`,
    message: 'By what it holds the milestone should be {expected}, but it is {actual}.',
  },
  {
    name: 'escrow_pays_its_milestone',
    statement: "A milestone's money pays for that milestone and nothing else",
    sql: `
      SELECT e.reference AS subject, coalesce('escrow:' || e.milestone_id, 'a milestone') AS expected, a.name AS actual
        FROM journal_entries e
        LEFT JOIN journal_entries reversed ON reversed.id = e.reverses
        JOIN postings p ON p.entry_id = e.id
        JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'escrow'
        WHERE coalesce(reversed.kind, e.kind) IN ('release', 'resolution', 'refund_started')
          AND a.name IS DISTINCT FROM 'escrow:' || e.milestone_id
      UNION ALL
      SELECT a.name, 'a milestone in ' || a.currency, 'none' FROM ledger_accounts a
        WHERE a.kind = 'escrow' AND NOT EXISTS (
          SELECT FROM milestones m WHERE 'escrow:' || m.id = a.name AND m.currency = a.currency)`,
    message: 'The money belongs to {expected}, but it is: {actual}.',
  },
  {
    name: 'transaction_has_entries',
    statement: 'What is completed is in the ledger with its amount, and nothing else is',
    sql: `
      SELECT t.transaction_type || ' ' || t.id || ' (' || t.status || ')' AS subject, t.currency,
          CASE t.status WHEN 'completed' THEN t.amount ELSE 0 END AS expected, x.amount AS actual
        FROM transactions t
        LEFT JOIN releases r ON r.fee_transaction_id = t.id
        CROSS JOIN LATERAL (
          SELECT coalesce(abs(${DEBIT_LESS_CREDIT}), 0) AS amount
            FROM journal_entries e
            LEFT JOIN journal_entries reversed ON reversed.id = e.reverses
            JOIN postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.account_id
            JOIN ${EFFECTS} ON effect.type = t.transaction_type
              AND effect.kind = coalesce(reversed.kind, e.kind) AND effect.account = a.kind
            WHERE e.transaction_id = coalesce(r.transaction_id, t.id) AND p.currency = t.currency
        ) x
        WHERE x.amount <> CASE t.status WHEN 'completed' THEN t.amount ELSE 0 END`,
    message: 'By its record the transaction moved {expected}, by the ledger {actual}.',
  },
  {
    name: 'entry_has_transaction',
    statement: 'Every entry belongs to a transaction of its type',
    sql: `
      SELECT e.reference AS subject, coalesce(${TYPE_OF_ENTRY}, 'any') AS expected,
          coalesce(t.transaction_type, 'none') AS actual
        FROM journal_entries e LEFT JOIN transactions t ON t.id = e.transaction_id
        WHERE NOT (e.kind = ANY (?) AND e.transaction_id IS NULL)
          AND (t.id IS NULL OR t.transaction_type <> coalesce(${TYPE_OF_ENTRY}, t.transaction_type))`,
    bindings: [WITHOUT_TRANSACTION],
    message: 'The entry must belong to a transaction of type {expected}, but has: {actual}.',
  },
  {
    name: 'release_as_recorded',
    statement: 'Every release has its entry, with its fee and its net amount, and the reverse',
    sql: `
      SELECT coalesce('release ' || r.id, x.reference) AS subject,
          coalesce('net ' || r.net || ', fee ' || r.fee, 'no release') AS expected,
          coalesce('net ' || x.net || ', fee ' || x.fee, 'no entry') AS actual
        FROM releases r
        FULL JOIN (
          SELECT e.transaction_id, e.milestone_id, min(e.reference) AS reference,
              coalesce(sum(p.amount) FILTER (WHERE a.kind = 'payable'), 0) AS net,
              coalesce(sum(p.amount) FILTER (WHERE a.kind = 'platform_fee'), 0) AS fee
            FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.direction = 'credit'
            JOIN ledger_accounts a ON a.id = p.account_id
            WHERE e.kind IN ('release', 'resolution')
            GROUP BY e.transaction_id, e.milestone_id
        ) x ON x.transaction_id = r.transaction_id
        WHERE (r.milestone_id, r.net, r.fee) IS DISTINCT FROM (x.milestone_id, x.net, x.fee)
          -- A resolution may give the freelancer nothing.
          AND NOT (r.id IS NULL AND x.net = 0 AND x.fee = 0)`,
    message: 'Recorded is {expected}; the ledger has {actual} (minor units).',
  },
  {
    name: 'dispute_as_settled',
    statement:
      'Every settled dispute has one entry that divides the money as it says, and the reverse',
    sql: `
      SELECT coalesce('dispute ' || d.id, x.reference) AS subject,
          coalesce('to freelancer ' || d.to_freelancer || ', to client ' || d.to_client, 'no settlement') AS expected,
          coalesce('to freelancer ' || x.released || ', to client ' || x.refunded, 'no entry') AS actual
        FROM (SELECT * FROM disputes WHERE status = 'settled' AND settled_how <> 'charged_back') d
        FULL JOIN (
          SELECT e.reference, e.milestone_id,
              coalesce(sum(p.amount) FILTER (WHERE a.kind <> 'refund_in_transit'), 0) AS released,
              coalesce(sum(p.amount) FILTER (WHERE a.kind = 'refund_in_transit'), 0) AS refunded
            FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.direction = 'credit'
            JOIN ledger_accounts a ON a.id = p.account_id
            WHERE e.kind = 'resolution'
            GROUP BY e.id
        ) x ON x.reference = 'resolution:' || d.id
        WHERE (d.milestone_id, d.to_freelancer, d.to_client)
          IS DISTINCT FROM (x.milestone_id, x.released, x.refunded)`,
    message: 'Recorded is {expected}; the ledger has {actual} (minor units).',
  },
  {
    name: 'in_transit_is_pending',
    statement: 'What is in transit is what pending payouts and refunds have sent',
    sql: `
      SELECT coalesce(a.name, t.transaction_type || '_in_transit:' || t.id) AS subject,
          coalesce(a.currency, t.currency) AS currency, coalesce(t.sent, 0) AS expected, coalesce(a.balance, 0) AS actual
        FROM (SELECT * FROM ledger_accounts WHERE kind IN ('payout_in_transit', 'refund_in_transit')) a
        FULL JOIN (
          SELECT t.id, t.transaction_type, t.currency, CASE
              WHEN t.status = 'pending' AND (t.transaction_type = 'refund' OR p.state = 'in_transit') THEN t.amount
              ELSE 0 END AS sent
            FROM transactions t LEFT JOIN payouts p ON p.transaction_id = t.id
            WHERE t.transaction_type IN ('payout', 'refund')
        ) t ON a.name = t.transaction_type || '_in_transit:' || t.id AND a.currency = t.currency
        WHERE coalesce(t.sent, 0) <> coalesce(a.balance, 0)`,
    message: 'By the transactions {expected} is on its way, by the ledger {actual}.',
  },
  {
    name: 'failed_refund_is_owed',
    statement:
      'What a refund brought to refund_payable, it left there exactly if it has failed; one that continues it took its amount from there, unless that has failed',
    sql: `
      SELECT 'refund ' || t.id || ' (' || t.status || ')' AS subject, t.currency,
          owed.amount AS expected, coalesce(x.amount, 0) AS actual
        FROM transactions t
        CROSS JOIN LATERAL (
          SELECT CASE
              WHEN (t.status = 'failed') = (t.continues_id IS NOT NULL) THEN 0
              WHEN t.continues_id IS NULL THEN t.amount
              ELSE -t.amount
            END AS amount
        ) owed
        LEFT JOIN LATERAL (
          SELECT -${DEBIT_LESS_CREDIT} AS amount
            FROM journal_entries e
            LEFT JOIN journal_entries reversed ON reversed.id = e.reverses
            JOIN postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'refund_payable'
            WHERE e.transaction_id = t.id AND coalesce(reversed.kind, e.kind) LIKE 'refund%'
        ) x ON true
        WHERE t.transaction_type = 'refund' AND coalesce(x.amount, 0) <> owed.amount`,
    message: 'By its record {expected} of the refund is owed, by the ledger {actual}.',
  },
  {
    name: 'release_paid_out',
    statement: 'The net of every release is on its payout, or was set off against a debt',
    sql: `
      SELECT 'release ' || r.id AS subject, r.currency, said.expected, said.actual
        FROM releases r
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(t.amount), 0) AS amount
            FROM payouts p JOIN transactions t ON t.id = p.transaction_id
            WHERE p.release_id = r.id AND p.state <> 'cancelled'
        ) paid
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(p.amount), 0) AS amount
            FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.direction = 'debit'
            WHERE e.transaction_id = r.transaction_id AND e.kind = 'debt_offset'
        ) offsets
        CROSS JOIN LATERAL (VALUES
          (r.net, r.debt_offset + paid.amount),
          (offsets.amount, r.debt_offset)
        ) AS said (expected, actual)
        WHERE said.expected <> said.actual`,
    message: 'Payout and offsets of the release should have {expected}, but have {actual}.',
  },
  {
    name: 'repaid_within_returned',
    statement: 'No more of a payout is sent again than came back of it',
    sql: `
      SELECT 'payout ' || p.transaction_id AS subject, t.currency, p.returned_amount AS expected,
          sum(again.amount) AS actual
        FROM payouts p
        JOIN transactions t ON t.id = p.transaction_id
        JOIN payouts r ON r.repays_id = p.transaction_id AND r.state <> 'cancelled'
        JOIN transactions again ON again.id = r.transaction_id
        GROUP BY p.transaction_id, t.currency, p.returned_amount
        HAVING sum(again.amount) > p.returned_amount`,
    message: 'Of the payout {expected} came back, and {actual} was sent again.',
  },
  {
    name: 'payable_covers_payouts',
    statement: 'What waits to be paid out is payable',
    sql: `
      SELECT 'payable:' || promised.user_id AS subject, promised.currency, promised.amount AS expected,
          coalesce(a.balance, 0) AS actual
        FROM (
          SELECT p.user_id, t.currency, sum(t.amount) AS amount
            FROM payouts p JOIN transactions t ON t.id = p.transaction_id
            WHERE t.status = 'pending' AND p.state IN ('waiting', 'failed')
            GROUP BY 1, 2
        ) promised
        LEFT JOIN ledger_accounts a
          ON a.name = 'payable:' || promised.user_id AND a.currency = promised.currency
        WHERE promised.amount > coalesce(a.balance, 0)`,
    message: 'Payouts of {expected} wait, but only {actual} is payable.',
  },
  {
    name: 'debt_offset_at_once',
    statement: 'Nobody who owes us is owed: a debt is set off at once',
    sql: `
      SELECT debt.name AS subject, debt.currency, 0 AS expected, least(debt.balance, owed.balance) AS actual
        FROM ledger_accounts debt
        JOIN ledger_accounts owed ON owed.currency = debt.currency AND owed.balance > 0
          AND owed.name = 'payable:' || split_part(debt.name, ':', 2)
        WHERE debt.kind = 'freelancer_receivable' AND debt.balance > 0`,
    message: 'Of the debt {actual} could be set off against what is payable, not {expected}.',
  },
  {
    name: 'chargeback_settled',
    statement:
      'A chargeback that is closed has no claim left, and one that is lost has its bearers',
    sql: `
      SELECT coalesce('chargeback ' || c.id || ' (' || c.state || ')', a.name) AS subject, a.currency,
          0 AS expected, a.balance AS actual
        FROM ledger_accounts a
        LEFT JOIN chargebacks c ON 'chargeback_receivable:' || c.id = a.name
        WHERE a.kind = 'chargeback_receivable' AND a.balance <> 0
          AND (c.id IS NULL OR c.closed_at IS NOT NULL OR c.state = 'lost')`,
    message: 'The claim of {actual} is over, it must be {expected}.',
  },
  {
    name: 'loss_within_release',
    statement: 'Chargebacks take no more from a freelancer and our fee than was released to them',
    sql: `
      SELECT 'deposit ' || taken.deposit_id || ', ' || taken.kind AS subject, taken.currency,
          taken.released AS expected, taken.amount AS actual
        FROM (
          SELECT e.deposit_id, a.kind, p.currency, sum(p.amount) AS amount,
              (SELECT coalesce(sum(CASE a.kind WHEN 'platform_fee' THEN r.fee ELSE r.net END), 0)
                 FROM releases r WHERE r.deposit_id = e.deposit_id) AS released
            FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.direction = 'debit'
            JOIN ledger_accounts a ON a.id = p.account_id
              AND a.kind IN ('freelancer_receivable', 'platform_fee')
            WHERE e.kind = 'chargeback_lost' AND NOT EXISTS (
              SELECT FROM postings claim
                JOIN ledger_accounts own ON own.id = claim.account_id AND own.kind = 'chargeback_receivable'
                JOIN postings other ON other.account_id = own.id
                JOIN journal_entries back ON back.id = other.entry_id
                WHERE claim.entry_id = e.id AND back.kind = 'chargeback_loss_reversed' AND back.id > e.id)
            GROUP BY 1, 2, 3
        ) taken
        WHERE taken.amount > taken.released`,
    message: 'Released was {expected}, but {actual} was taken back.',
  },
]

/**
 * Proves the ledger's invariants, all on one snapshot, so that it may run while others post. The
 * database enforces most of them on every write; this finds what got past it: a restored half, a
 * disabled trigger, a rule of the application that was wrong.
 *
 * @returns every check with its breaks, at most 1,000 for each
 */
export async function verifyLedger(): Promise<Verification> {
  return db.transaction(
    async (trx) => {
      await trx.rawQuery('SET TRANSACTION READ ONLY')
      const { rows } = await trx.rawQuery(`
        SELECT now() AS as_of, (SELECT count(*) FROM journal_entries) AS entries,
          (SELECT count(*) FROM postings) AS postings, (SELECT count(*) FROM ledger_accounts) AS accounts,
          (SELECT count(*) FROM transactions) AS transactions`)
      const { as_of: asOf, ...examined } = rows[0]
      const breaks: Break[] = []
      const checks: Check[] = []
      for (const invariant of INVARIANTS) {
        const found = await findBreaks(trx, invariant)
        breaks.push(...found)
        checks.push({
          invariant: invariant.name,
          statement: invariant.statement,
          breaks: found.length,
        })
      }
      return { ok: breaks.length === 0, asOf, examined, checks, breaks }
    },
    { isolationLevel: 'repeatable read' }
  )
}

interface Row {
  subject: string
  expected: string | number | bigint
  actual: string | number | bigint
  currency?: string
}

async function findBreaks(trx: TransactionClientContract, invariant: Invariant): Promise<Break[]> {
  const { rows } = await trx.rawQuery<{ rows: Row[] }>(
    `SELECT * FROM (${invariant.sql}) found LIMIT ${MOST_BREAKS}`,
    invariant.bindings as never
  )
  return rows.map((row) => {
    const expected = inWords(row.expected, row.currency)
    const actual = inWords(row.actual, row.currency)
    const message = invariant.message
      .replace('{expected}', () => expected)
      .replace('{actual}', () => actual)
    return { invariant: invariant.name, subject: row.subject, expected, actual, message }
  })
}

function inWords(value: Row['expected'], currency?: string): string {
  if (!currency || !isKnownCurrency(currency)) return String(value)
  return `${formatMinor(BigInt(value), currency)} ${currency}`
}
