import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { aboutMilestone } from '#escrow/about'
import { lockDispute, type LockedDispute } from '#escrow/dispute_states'
import type Dispute from '#models/dispute'
import type { DisputeStatus } from '#models/dispute'
import type User from '#models/user'
import type { AboutDispute } from '#notifications/catalogue'

/** States in which the parties may still do something: until staff have decided. */
export const UNDECIDED: readonly DisputeStatus[] = ['open', 'negotiating', 'escalated']

/** What a party does in a dispute, under its locks. */
export interface InDispute extends LockedDispute {
  trx: TransactionClientContract
  by: User
  /** The id of the other party. */
  other: string
}

/**
 * Lets a party do something in a dispute of theirs that is not decided: one transaction, under the locks of
 * project, milestone and dispute, so that of two things that exclude each other one comes first.
 *
 * @param options.by a party; see `visibleDispute`
 * @throws Problem 404; 409 `wrong_state` once it is decided or over
 */
export async function inDispute<T>(
  disputeId: string,
  { by }: { by: User },
  act: (dispute: InDispute) => Promise<T>
): Promise<T> {
  return inTransaction(async (trx) => {
    const locked = await lockDispute(trx, disputeId)
    const { dispute } = locked
    assertUndecided(dispute)
    return act({ ...locked, trx, by, other: otherSide(dispute, by.id) })
  })
}

export function otherSide(dispute: Dispute, userId: string): string {
  return dispute.openedBy === userId ? dispute.respondentId : dispute.openedBy
}

/** @throws Problem 409 `wrong_state` once it is decided or over */
export function assertUndecided(dispute: Dispute): void {
  if (UNDECIDED.includes(dispute.status)) return
  throw wrongState(
    dispute.status === 'decided'
      ? 'Our staff are deciding this dispute; nothing can be added until they have.'
      : `This dispute is ${dispute.status}.`,
    dispute.status
  )
}

/**
 * While staff read it nothing is added; see `closeAdditions`.
 *
 * @throws Problem 409 `additions_closed`
 */
export function assertMayAdd(dispute: Dispute): void {
  if (!dispute.additionsClosedAt) return
  throw wrongState(
    'Our staff are deciding this dispute, so nothing is added to it meanwhile. You can still agree on what is there.',
    dispute.status,
    { code: 'additions_closed' }
  )
}

/**
 * The time for the first answer ends by the database's clock, whether the job that acts on it has run or not.
 *
 * @throws Problem 409 `time_over`
 */
export async function assertInTime(
  trx: TransactionClientContract,
  dispute: Dispute
): Promise<void> {
  const { rows } = await trx.rawQuery(
    'SELECT respond_by <= now() AS over FROM disputes WHERE id = ?',
    [dispute.id]
  )
  if (!rows[0].over) return
  throw wrongState(
    'The time for an answer is over; the dispute is settled as was asked.',
    dispute.status,
    { code: 'time_over' }
  )
}

/**
 * Who was asked answers first. Before that nothing they write counts, and they would lose while they thought
 * that they had said something.
 *
 * @throws Problem 409 `answer_first`; `time_over` when it is too late for that
 */
export async function assertAnswered(
  trx: TransactionClientContract,
  dispute: Dispute,
  by: User
): Promise<void> {
  if (dispute.status !== 'open' || by.id !== dispute.respondentId) return
  await assertInTime(trx, dispute)
  throw wrongState(
    `Answer the dispute first, by ${dispute.respondBy!.toUTC().toISO()}: without an answer it is settled as was asked.`,
    dispute.status,
    { code: 'answer_first' }
  )
}

/** Counts what was added to a dispute as a change of it: whoever decides looks at the whole. */
export async function touch(trx: TransactionClientContract, dispute: Dispute): Promise<void> {
  await trx
    .from('disputes')
    .where('id', dispute.id)
    .update({ updated_at: trx.raw('now()') })
  await dispute.refresh()
}

/** What a notification needs to name a dispute. */
export function aboutDispute({ project, milestone, dispute }: LockedDispute): AboutDispute {
  return { ...aboutMilestone(project, milestone), dispute_id: dispute.id }
}
