import { ERASED_NAME } from '#identity/erased'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { Problem, notFound, wrongState } from '#exceptions/problem'
import { Money, type Currency } from '#ledger/money'
import {
  PROVIDER_NAMES,
  type PaymentProvider,
  type TransactionStatus,
  type TransactionType,
} from '#models/transaction'
import type { UserType } from '#models/user'

/** What there are receipts for. A fee is on the receipt of its release. */
export type ReceiptKind = 'deposit' | 'release' | 'payout' | 'refund'

/** Who looks: a party of the transaction's project sees a receipt in their own words. */
export interface Viewer {
  id: string
  userType: UserType
}

/** A named thing: a party, an amount, a reference. */
export interface Line<Value = string> {
  label: string
  value: Value
}

/** Everything that a receipt says, ready to be set in type. */
export interface Receipt {
  kind: ReceiptKind
  /** `DEP-20260314-0053789942F8`: of the day and the id, so that it is the same for ever. */
  number: string
  transactionId: string
  completedAt: Date
  from: Line
  to: Line
  project: { id: string; title: string }
  /** What the money is for, each part with its amount. */
  parts: Line<Money>[]
  /** What follows from the parts; the last is what the receipt is about. */
  totals: Line<Money>[]
  payment: Line[]
  references: Line[]
  note: string
}

/** Who is given a receipt of what. The payment itself is the payer's business, a payout the payee's. */
const FOR: Record<ReceiptKind, readonly UserType[]> = {
  deposit: ['client'],
  release: ['client', 'freelancer'],
  payout: ['freelancer'],
  refund: ['client', 'freelancer'],
}

const PREFIX: Record<ReceiptKind, string> = {
  deposit: 'DEP',
  release: 'REL',
  payout: 'PAY',
  refund: 'REF',
}

/** The entries that a receipt rests on, in the ledger's words. Others, such as our own costs, are not its business. */
const ENTRIES: Record<ReceiptKind, readonly string[]> = {
  deposit: ['deposit_captured', 'unapplied_received'],
  release: ['release', 'resolution', 'debt_offset'],
  payout: ['payout_confirmed', 'payout_returned'],
  refund: ['refund_succeeded', 'refund_paid_by_hand'],
}

interface Row {
  id: string
  transaction_type: TransactionType
  status: TransactionStatus
  payment_provider: PaymentProvider
  provider_transaction_id: string
  amount: bigint
  currency: Currency
  created_at: Date
  completed_at: Date
  deposit_id: string | null
  continues_id: string | null
  milestone_title: string | null
  project_id: string
  project_title: string
  platform_fee_bps: number
  client_id: string
  client_name: string
  freelancer_id: string
  freelancer_name: string
  deposit_state: string | null
  paid_by_hand: string | null
  release_kind: string | null
  fee: bigint | null
  net: bigint | null
  debt_offset: bigint | null
  fee_of: string | null
  payout_release: string | null
  returned_amount: bigint | null
  destination: string | null
  payout_provider: PaymentProvider | null
}

const NAME = (of: string) => `CASE WHEN ${of}.erased_at IS NOT NULL THEN '${ERASED_NAME}'
  ELSE coalesce(nullif(trim(${of}.first_name || ' ' || ${of}.last_name), ''), ${of}.email) END`

const TRANSACTION = `
  SELECT t.id, t.transaction_type, t.status, t.payment_provider, t.provider_transaction_id, t.amount,
         t.currency, t.created_at, t.completed_at, t.deposit_id, t.continues_id, m.title AS milestone_title,
         p.id AS project_id, p.title AS project_title, p.platform_fee_bps,
         p.client_id, ${NAME('client')} AS client_name,
         p.freelancer_id, ${NAME('freelancer')} AS freelancer_name,
         d.state AS deposit_state, h.reference AS paid_by_hand,
         r.kind AS release_kind, r.fee, r.net, r.debt_offset, fee_of.transaction_id AS fee_of,
         paid.transaction_id AS payout_release, o.returned_amount,
         a.destination, a.payment_provider AS payout_provider
    FROM transactions t
    JOIN escrow_accounts e ON e.id = t.escrow_account_id
    JOIN projects p ON p.id = e.project_id
    JOIN users client ON client.id = p.client_id
    JOIN users freelancer ON freelancer.id = p.freelancer_id
    LEFT JOIN milestones m ON m.id = t.milestone_id
    LEFT JOIN deposits d ON d.transaction_id = t.id
    LEFT JOIN refunds_paid_by_hand h ON h.transaction_id = t.id
    LEFT JOIN releases r ON r.transaction_id = t.id
    LEFT JOIN releases fee_of ON fee_of.fee_transaction_id = t.id
    LEFT JOIN payouts o ON o.transaction_id = t.id
    LEFT JOIN releases paid ON paid.id = o.release_id
    LEFT JOIN payout_accounts a ON a.id = o.payout_account_id
   WHERE t.id = ?`

/**
 * Reads what a receipt says, in the caller's snapshot.
 *
 * @throws Problem 404 for what is not the viewer's; 409 `not_completed` with the transaction's status; 409
 *   `no_receipt` for a kind of transaction that has none of its own
 */
export async function readReceipt(
  trx: TransactionClientContract,
  transactionId: string,
  viewer: Viewer
): Promise<Receipt> {
  const row = isUuid(transactionId) ? await transactionOf(trx, transactionId, viewer) : undefined
  if (!row) throw notFound('receipt')
  const kind = kindOf(row)
  if (!FOR[kind].includes(viewer.userType)) throw notFound('receipt')
  if (row.status !== 'completed') {
    const detail =
      row.status === 'failed'
        ? `This ${kind} failed: no money moved, and there is no receipt of it.`
        : `There is a receipt once the ${kind} has completed.`
    throw wrongState(detail, row.status, { code: 'not_completed' })
  }
  const { rows: entries } = await trx.rawQuery(
    `SELECT reference FROM journal_entries WHERE transaction_id = ? AND kind = ANY (?) ORDER BY id`,
    [row.id, [...ENTRIES[kind]]]
  )
  const about = await DESCRIBE[kind](trx, row, viewer)
  return {
    kind,
    number: receiptNumber(kind, row),
    transactionId: row.id,
    completedAt: row.completed_at,
    project: { id: row.project_id, title: row.project_title },
    ...about,
    references: [
      { label: 'Transaction', value: row.id },
      ...about.references,
      ...entries.map(({ reference }: { reference: string }) => ({
        label: 'Ledger entry',
        value: reference,
      })),
    ],
  }
}

async function transactionOf(
  trx: TransactionClientContract,
  id: string,
  viewer: Viewer
): Promise<Row | undefined> {
  const { rows } = await trx.rawQuery(TRANSACTION, [id])
  const row: Row | undefined = rows[0]
  const party = viewer.userType === 'client' ? row?.client_id : row?.freelancer_id
  return party === viewer.id ? row : undefined
}

function kindOf(row: Row): ReceiptKind {
  const kind = row.transaction_type
  if (Object.hasOwn(PREFIX, kind)) return kind as ReceiptKind
  throw new Problem(
    kind === 'fee'
      ? 'The platform fee is on the receipt of its release.'
      : `There are no receipts for a ${kind}; it is on your statement.`,
    {
      code: 'no_receipt',
      status: 409,
      extra: row.fee_of ? { transaction_id: row.fee_of } : {},
    }
  )
}

/** The end of a UUIDv7 is random: 48 bits of it and the day name one transaction. */
function receiptNumber(kind: ReceiptKind, { id, created_at: createdAt }: Row): string {
  const day = createdAt.toISOString().slice(0, 10).replaceAll('-', '')
  return `${PREFIX[kind]}-${day}-${id.slice(-12).toUpperCase()}`
}

type About = Pick<Receipt, 'from' | 'to' | 'parts' | 'totals' | 'payment' | 'references' | 'note'>

const DESCRIBE: Record<
  ReceiptKind,
  (trx: TransactionClientContract, row: Row, viewer: Viewer) => About | Promise<About>
> = { deposit, release, payout, refund }

async function deposit(trx: TransactionClientContract, row: Row): Promise<About> {
  const { rows } = await trx.rawQuery(
    `SELECT m.title, a.amount FROM deposit_allocations a JOIN milestones m ON m.id = a.milestone_id
      WHERE a.transaction_id = ? ORDER BY m.id`,
    [row.id]
  )
  const applied = row.deposit_state === 'applied'
  return {
    from: { label: 'Paid by', value: row.client_name },
    to: applied
      ? { label: 'Held in escrow for', value: row.freelancer_name }
      : { label: 'Received by', value: 'SafeSend' },
    parts:
      rows.length > 0
        ? rows.map(({ title, amount }: { title: string; amount: bigint }) => ({
            label: title,
            value: Money.of(amount, row.currency),
          }))
        : [{ label: 'Payment', value: amountOf(row) }],
    totals: [{ label: 'Total paid', value: amountOf(row) }],
    payment: providerOf(row),
    references: [],
    note: applied
      ? 'Held in escrow until it is released to the freelancer or refunded. The platform fee is taken on release and comes out of the amount: nothing was charged on top.'
      : 'This payment was not needed any more when it came. It goes back to the payer, and the refund has a receipt of its own.',
  }
}

const RELEASED_BY: Record<string, string> = {
  approval: 'The client approved the work.',
  early: 'The client released it before the work was approved.',
  inspection_elapsed: 'The inspection period ended without an answer of the client.',
  resolution: 'A dispute was settled.',
}

function release(_: TransactionClientContract, row: Row, viewer: Viewer): About {
  const money = (minor: bigint | null) => Money.of(minor ?? 0n, row.currency)
  const net = money(row.net)
  const offset = money(row.debt_offset)
  const own: Line<Money>[] = [
    { label: 'Released', value: amountOf(row) },
    { label: `Platform fee (${percent(row.platform_fee_bps)})`, value: negative(money(row.fee)) },
    { label: 'Net', value: net },
    ...(offset.isPositive
      ? [
          { label: 'Set off against what you owed', value: negative(offset) },
          { label: 'To be paid out', value: net.subtract(offset) },
        ]
      : []),
  ]
  const isFreelancer = viewer.userType === 'freelancer'
  return {
    from: { label: 'Released by', value: row.client_name },
    to: { label: 'Released to', value: row.freelancer_name },
    parts: [{ label: row.milestone_title ?? 'Milestone', value: amountOf(row) }],
    totals: isFreelancer ? own : [{ label: 'Total released', value: amountOf(row) }],
    payment: [
      { label: 'Paid from', value: `Escrow, funded by ${PROVIDER_NAMES[row.payment_provider]}` },
    ],
    references: depositOf(row),
    note: `${RELEASED_BY[row.release_kind ?? ''] ?? ''} ${
      isFreelancer
        ? 'The payout has a receipt of its own.'
        : 'The platform fee came out of this amount: nothing was charged on top.'
    }`.trim(),
  }
}

function payout(_: TransactionClientContract, row: Row): About {
  const returned = Money.of(row.returned_amount ?? 0n, row.currency)
  const provider = PROVIDER_NAMES[row.payout_provider ?? row.payment_provider]
  return {
    from: { label: 'Paid by', value: 'SafeSend' },
    to: { label: 'Paid to', value: row.freelancer_name },
    parts: [{ label: row.milestone_title ?? 'Payout', value: amountOf(row) }],
    totals: [
      { label: 'Total paid out', value: amountOf(row) },
      ...(returned.isPositive
        ? [
            { label: 'Came back afterwards', value: negative(returned) },
            { label: 'Received', value: amountOf(row).subtract(returned) },
          ]
        : []),
    ],
    payment: [
      { label: 'Paid by way of', value: provider },
      ...(row.destination ? [{ label: 'Payout account', value: row.destination }] : []),
      { label: 'Provider reference', value: row.provider_transaction_id },
    ],
    references: row.payout_release ? [{ label: 'Release', value: row.payout_release }] : [],
    note: 'The amount is net: the platform fee was taken when it was released.',
  }
}

function refund(_: TransactionClientContract, row: Row): About {
  return {
    from: { label: 'Refunded by', value: 'SafeSend' },
    to: { label: 'Refunded to', value: row.client_name },
    parts: [{ label: row.milestone_title ?? 'Payment that was not needed', value: amountOf(row) }],
    totals: [{ label: 'Total refunded', value: amountOf(row) }],
    payment: row.paid_by_hand
      ? [
          { label: 'Paid by way of', value: 'Bank transfer' },
          { label: 'Bank reference', value: row.paid_by_hand },
        ]
      : providerOf(row),
    references: [
      ...depositOf(row),
      ...(row.continues_id ? [{ label: 'Rest of refund', value: row.continues_id }] : []),
    ],
    note: 'It went back the way it came, unless a bank transfer is named above. No fee was taken of it.',
  }
}

const amountOf = ({ amount, currency }: Row) => Money.of(amount, currency)

const negative = (money: Money) => Money.zero(money.currency).subtract(money)

const percent = (bps: number) => `${Math.floor(bps / 100)}.${String(bps % 100).padStart(2, '0')} %`

function providerOf(row: Row): Line[] {
  return [
    { label: 'Paid by way of', value: PROVIDER_NAMES[row.payment_provider] },
    { label: 'Provider reference', value: row.provider_transaction_id },
  ]
}

function depositOf(row: Row): Line[] {
  return row.deposit_id ? [{ label: 'Deposit', value: row.deposit_id }] : []
}
