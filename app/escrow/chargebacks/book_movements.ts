import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, type JournalEntryInput } from '#ledger/post_entries'
import type { DisputeMovement, ProviderDispute } from '#payments/provider'
import Transaction from '#models/transaction'
import type { LockedChargeback } from '#escrow/chargebacks/book_loss'

export interface Movements {
  /** What is new of them, in two parts: before something comes back, its loss may have to be reversed. */
  withdrawn: JournalEntryInput[]
  reinstated: JournalEntryInput[]
  /** What the provider has taken and not given back, for this dispute, in the deposit's currency. */
  claim: Money
  /** Whether it has also taken something in another currency, which nobody can explain yet. */
  unexplained: boolean
  /** A withdrawal of this dispute, which every entry about its money belongs to; none while it took nothing. */
  transactionId?: string
}

/**
 * Finds what of a dispute's movements is not in our books yet. Each is booked once, under its own id, and
 * each withdrawal is a transaction of its own.
 *
 * @returns undefined if something is booked that is not among them: then what was observed is older
 * @throws Error if more was given back than taken
 */
export async function planMovements(
  locked: LockedChargeback,
  observed: ProviderDispute
): Promise<Movements | undefined> {
  const { chargeback, deposit } = locked
  const { movements } = observed
  const booked = await bookedMovements(locked)
  if (!booked.every((id) => movements.some((movement) => movement.id === id))) return undefined

  const own = movements.filter(({ amount }) => amount.currency === deposit.currency)
  const foreign = movements.filter((movement) => !own.includes(movement))
  const claim = Money.of(balance(own), deposit.currency)
  if (claim.minor < 0n) {
    throw new Error(`Dispute ${chargeback.providerDisputeId} gave back more than it took.`)
  }
  const plan: Movements = { withdrawn: [], reinstated: [], claim, unexplained: isOpen(foreign) }
  plan.transactionId = await lastWithdrawal(locked)
  for (const movement of movements) {
    if (booked.includes(movement.id)) continue
    if (!own.includes(movement)) plan[movement.kind].push(...unexplained(locked, movement))
    else if (movement.amount.isZero) plan[movement.kind].push(...feeAlone(locked, movement))
    else {
      if (movement.kind === 'withdrawn') {
        const { id } = await aTransaction(locked, movement)
        plan.transactionId = id
      }
      plan[movement.kind].push(moved(locked, movement, plan.transactionId!))
    }
  }
  return plan
}

function balance(movements: DisputeMovement[]): bigint {
  return movements.reduce(
    (sum, { kind, amount }) => (kind === 'withdrawn' ? sum + amount.minor : sum - amount.minor),
    0n
  )
}

function isOpen(movements: DisputeMovement[]): boolean {
  const currencies = new Set(movements.map(({ amount }) => amount.currency))
  return [...currencies].some(
    (currency) => balance(movements.filter(({ amount }) => amount.currency === currency)) !== 0n
  )
}

const PREFIX = 'dispute_movement'

const referenceOf = (chargebackId: string, movementId: string) =>
  `${PREFIX}:${chargebackId}:${movementId}`

/** The provider's ids of what is in our books. */
async function bookedMovements({ trx, chargeback, deposit }: LockedChargeback): Promise<string[]> {
  const prefix = referenceOf(chargeback.id, '')
  const { rows } = await trx.rawQuery(
    `SELECT substr(reference, ?) AS id FROM journal_entries
      WHERE deposit_id = ? AND starts_with(reference, ?)`,
    [prefix.length + 1, deposit.id, prefix]
  )
  return rows.map((row: { id: string }) => row.id)
}

/** The transaction of a dispute's last withdrawal. */
export async function lastWithdrawal({
  trx,
  chargeback,
}: LockedChargeback): Promise<string | undefined> {
  const { rows } = await trx.rawQuery(
    `SELECT e.transaction_id FROM ledger_accounts a
       JOIN postings p ON p.account_id = a.id
       JOIN journal_entries e ON e.id = p.entry_id
      WHERE a.name = ? AND e.kind = 'chargeback_withdrawn'
      ORDER BY e.id DESC LIMIT 1`,
    [accounts.chargebackReceivable(chargeback.id)]
  )
  return rows[0]?.transaction_id
}

async function aTransaction(
  { trx, chargeback, deposit }: LockedChargeback,
  { id, amount }: DisputeMovement
): Promise<Transaction> {
  const transaction = await Transaction.create(
    {
      escrowAccountId: deposit.escrowAccountId,
      milestoneId: deposit.milestoneId,
      userId: deposit.userId,
      transactionType: 'chargeback',
      paymentProvider: deposit.paymentProvider,
      rail: deposit.rail,
      // Two disputes of one payment may have movements of one name; see `disputeMovementId` of PayPal.
      providerTransactionId: `${chargeback.providerDisputeId}/${id}`,
      providerSourceId: id,
      status: 'completed',
      amount: amount.minor,
      currency: amount.currency,
      depositId: deposit.id,
      attempt: 1,
    },
    { client: trx }
  )
  await trx
    .from('transactions')
    .where('id', transaction.id)
    .update({ completed_at: trx.raw('now()') })
  return transaction
}

/** Withdrawn: clearing → our claim and the provider's fee. Reinstated: the other way. */
function moved(
  { chargeback, deposit }: LockedChargeback,
  { id, kind, amount, fee, at }: DisputeMovement,
  transactionId: string
): JournalEntryInput {
  const [ours, theirs] = kind === 'withdrawn' ? [credit, debit] : [debit, credit]
  return {
    reference: referenceOf(chargeback.id, id),
    kind: kind === 'withdrawn' ? 'chargeback_withdrawn' : 'chargeback_won',
    eventAt: at,
    transactionId,
    depositId: deposit.id,
    postings: [
      ours(accounts.clearing(deposit.rail), amount.add(fee)),
      theirs(accounts.chargebackReceivable(chargeback.id), amount),
      ...(fee.isPositive ? [theirs(accounts.disputeFee(), fee)] : []),
    ],
  }
}

/** What the provider takes for its work alone, such as for answering a dispute. */
function feeAlone(
  { chargeback, deposit }: LockedChargeback,
  { id, kind, fee, at }: DisputeMovement
): JournalEntryInput[] {
  if (!fee.isPositive) return []
  const [ours, theirs] = kind === 'withdrawn' ? [credit, debit] : [debit, credit]
  return [
    {
      reference: referenceOf(chargeback.id, id),
      kind: kind === 'withdrawn' ? 'dispute_fee_taken' : 'dispute_fee_returned',
      eventAt: at,
      transactionId: deposit.id,
      depositId: deposit.id,
      postings: [ours(accounts.clearing(deposit.rail), fee), theirs(accounts.disputeFee(), fee)],
    },
  ]
}

/** Our balance lost it, so our books do, too: as something that nobody can explain yet. */
function unexplained(
  { chargeback, deposit }: LockedChargeback,
  { id, kind, amount, fee, at }: DisputeMovement
): JournalEntryInput[] {
  const whole = amount.add(fee)
  if (!whole.isPositive) return []
  const [ours, theirs] = kind === 'withdrawn' ? [credit, debit] : [debit, credit]
  return [
    {
      reference: referenceOf(chargeback.id, id),
      kind: 'suspense_booked',
      eventAt: at,
      depositId: deposit.id,
      postings: [ours(accounts.clearing(deposit.rail), whole), theirs(accounts.suspense(), whole)],
    },
  ]
}
