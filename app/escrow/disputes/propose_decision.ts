import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { permit } from '#approvals/permit'
import { proposeWithin } from '#approvals/propose'
import { inTransaction } from '#database/transaction'
import { unprocessable, wrongState } from '#exceptions/problem'
import type Approval from '#models/approval'
import type Dispute from '#models/dispute'
import { auditSettled, disputeDecision, tellBoth } from '#escrow/disputes/dispute_decision'
import { needsSecondPerson } from '#escrow/disputes/needs_second_person'
import { lockDispute, transition } from '#escrow/dispute_states'
import { assertPaymentNotFrozen, partOfHeld } from '#escrow/held_money'
import type { Actor } from '#escrow/record_activity'
import { settleDispute } from '#escrow/settle_dispute'
import { toMoneyOrZero } from '#validators/money'

export interface ProposedDecision {
  /** Id of the member of staff who decides. */
  by: string
  /** Of what is held, decimal in the dispute's currency; the rest goes back to the client. */
  toFreelancer: string
  /** Why, for both parties and for the second person. */
  reason: string
  /** Of the dispute as they read it: what came since, they have not weighed. */
  version: bigint
}

/**
 * Decides an escalated dispute. Up to `four_eyes_threshold` it is settled at once; above it waits for a second
 * person, `decided`, and nothing moves before that; both parties hear that they have to wait.
 *
 * @returns the dispute, and the proposal if it waits
 * @throws Problem 403 if their role may not; 404; 409 `wrong_state` unless it is escalated,
 *   `subject_changed` if something came since, `frozen`, `nothing_held`; 422 more than is held
 */
export async function proposeDecision(
  disputeId: string,
  input: ProposedDecision
): Promise<{ dispute: Dispute; approval?: Approval }> {
  const { by, reason } = input
  return inTransaction(async (trx) => {
    await permit(trx, by, 'dispute.decide')
    const locked = await lockDispute(trx, disputeId)
    const { milestone, dispute } = locked
    assertDecidable(dispute, input.version)
    await assertPaymentNotFrozen(trx, milestone)
    const { amount: held } = await partOfHeld(trx, milestone)
    const toFreelancer = toMoneyOrZero('to_freelancer', input.toFreelancer, held.currency)
    if (toFreelancer.compare(held) > 0) {
      throw unprocessable('to_freelancer', 'held', `Only ${held} is held for this milestone.`)
    }
    const actor: Actor = { type: 'staff', id: by }
    const changes = decisionOf(trx, input)
    if (!(await needsSecondPerson(trx, held))) {
      await settleDispute(trx, { ...locked, toFreelancer, actor, how: 'decision', changes })
      await auditSettled(trx, dispute, { actor: { type: 'staff', id: by }, reason }, 'escalated')
      return { dispute }
    }
    // First, since it is another version from then on.
    await transition(trx, locked, 'decided', actor, { changes })
    const content = {
      to_freelancer: toFreelancer.minor.toString(),
      to_client: held.subtract(toFreelancer).minor.toString(),
    }
    const proposal = { subjectId: disputeId, content, by, reason }
    const approval = await proposeWithin(trx, disputeDecision, proposal, undefined)
    await tellBoth(trx, locked, 'dispute.decision_proposed')
    return { dispute, approval }
  })
}

function assertDecidable({ status, version }: Dispute, seen: bigint): void {
  if (status !== 'escalated') {
    throw wrongState(
      status === 'decided'
        ? 'A decision of this dispute waits for a second person already.'
        : `This dispute is ${status}; staff decide one that is escalated.`,
      status
    )
  }
  if (BigInt(version) !== seen) {
    throw wrongState(
      'Something was added to this dispute since you opened its page. Read it again. Close it for additions first if that goes on.',
      status,
      { code: 'subject_changed' }
    )
  }
}

function decisionOf(trx: TransactionClientContract, { by, reason }: ProposedDecision) {
  return { decided_at: trx.raw('now()'), decided_by: by, decision_reason: reason }
}
