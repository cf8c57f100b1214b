import { randomUUID } from 'node:crypto'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import type { ApprovalKind } from '#approvals/approval_kind'
import { propose } from '#approvals/propose'
import { notFound, unprocessable, wrongState } from '#exceptions/problem'
import { CORRECTABLE, kindOf, type AccountName } from '#ledger/chart_of_accounts'
import { isKnownCurrency, Money, sumOf } from '#ledger/money'
import { postEntries, type JournalEntryInput, type PostingInput } from '#ledger/post_entries'
import { enqueue } from '#jobs/queue'
import reconcileRail from '#jobs/reconcile_rail'
import type Approval from '#models/approval'
import { RAILS } from '#models/transaction'

/** As it is hashed and approved; the database compares the posted entry with it, line by line. */
export interface Correction {
  currency: string
  /** Minor units, as text. */
  postings: { account: string; direction: 'debit' | 'credit'; amount: string }[]
  /** The break that it settles. */
  break_id?: string
  /** What the provider calls the row, or its source, that it is about; `balance` for a remainder. */
  explains?: string
  /** ISO 8601; when it happened. */
  event_at?: string
}

const MOST_POSTINGS = 20

/**
 * An entry that people write: it moves what nobody's own operation can book, such as a fee of the
 * provider's own or what is in suspense. Only between accounts that belong to no user. A break is corrected
 * once, and its rail is compared again then. Refused are 404 for a break that is not there; 409 `resolved`,
 * `corrected`; 422 for postings that do not balance or are not allowed.
 */
export const correctingEntry: ApprovalKind<Correction> = {
  name: 'correcting_entry',
  about: 'Post a correcting entry',
  subjectType: ({ break_id: id }) => (id ? 'break' : 'correction'),
  proposes: 'entry.propose',
  approves: 'money.approve',

  async lock(trx, _, content) {
    const postings = postingsOf(content)
    if (content.break_id) await holdBreak(trx, content.break_id)
    const side = (of: 'debit' | 'credit') => postings.filter(({ direction }) => direction === of)
    const [debits, credits] = (['debit', 'credit'] as const).map((each) =>
      sumOf(
        side(each).map(({ amount }) => amount),
        content.currency
      )
    )
    if (!debits.equals(credits)) {
      throw unprocessable(
        'postings',
        'balanced',
        `Debits are ${debits} and credits ${credits}; they must be the same.`
      )
    }
    const payees = new Set(side('credit').map(({ account }) => account))
    return { amount: debits, payee: [...payees].sort().join(', '), version: 0n }
  },

  async carryOut(trx, approval) {
    await postEntries(trx, [entryOf(approval)])
    const { break_id: id } = approval.content as Correction
    if (!id) return
    const { rail } = await trx.from('reconciliation_breaks').where('id', id).firstOrFail()
    await enqueue(trx, reconcileRail, { rail }, { singletonKey: rail })
  },

  preview: async (_, approval) => [entryOf(approval)],
}

/**
 * Proposes a correcting entry.
 *
 * @param by id of the member of the staff
 * @param subjectId what makes an entry without a break be one proposal
 * @throws Problem as `correctingEntry` and `propose` do
 */
export async function proposeCorrectingEntry(
  content: Correction,
  { by, reason, subjectId }: { by: string; reason: string; subjectId?: string }
): Promise<Approval> {
  return propose(correctingEntry, {
    subjectId: content.break_id ?? subjectId ?? randomUUID(),
    content,
    by,
    reason,
  })
}

function entryOf({ id, content }: Approval): JournalEntryInput {
  const { explains, event_at: eventAt } = content as Correction
  return {
    // Reconciliation looks for the provider's row behind the second colon.
    reference: explains ? `correction:${id}:${explains}` : `correction:${id}`,
    kind: 'correction',
    eventAt: eventAt ? new Date(eventAt) : undefined,
    postings: postingsOf(content as Correction),
  }
}

function postingsOf({ postings, currency }: Correction): PostingInput[] {
  if (!isKnownCurrency(currency)) {
    throw unprocessable('currency', 'currency', `"${currency}" is no currency of ours.`)
  }
  if (postings.length < 2 || postings.length > MOST_POSTINGS) {
    throw unprocessable('postings', 'count', `An entry has 2 to ${MOST_POSTINGS} postings.`)
  }
  return postings.map(({ account, direction, amount }) => {
    assertCorrectable(account)
    const money = Money.of(BigInt(amount), currency)
    if (!money.isPositive) {
      throw unprocessable('postings', 'amount', 'Every posting is more than nothing.')
    }
    return { account: account as AccountName, direction, amount: money }
  })
}

function assertCorrectable(account: string): void {
  const kind = kindOf(account as AccountName)
  const owner = account.slice(kind.length + 1)
  const fits = kind === 'clearing' ? RAILS.some((rail) => rail === owner) : account === kind
  if (fits && CORRECTABLE.some((each) => each === kind)) return
  throw unprocessable(
    'postings',
    'account',
    `${account} cannot be corrected by hand. What belongs to users moves by its own operations.`
  )
}

async function holdBreak(trx: TransactionClientContract, id: string): Promise<void> {
  const row = isUuid(id)
    ? await trx.from('reconciliation_breaks').where('id', id).forShare().first()
    : undefined
  if (!row) throw notFound('break')
  if (row.resolved_at) {
    throw wrongState('The break is resolved already.', 'resolved', { code: 'resolved' })
  }
  const corrected = await trx
    .from('approvals')
    .where({ kind: 'correcting_entry', subject_id: id, status: 'approved' })
    .first()
  if (!corrected) return
  throw wrongState(
    'A correcting entry for this break is posted already. If that was wrong, correct it at the treasury, for itself.',
    'corrected',
    { code: 'corrected', extra: { approval_id: corrected.id } }
  )
}
