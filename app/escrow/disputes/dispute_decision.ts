import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApprovalKind } from '#approvals/approval_kind'
import { recordAudit, type Act } from '#audit/record_audit'
import { Money } from '#ledger/money'
import { wrongState } from '#exceptions/problem'
import type Approval from '#models/approval'
import type Dispute from '#models/dispute'
import { lockDispute, transition, type LockedDispute } from '#escrow/dispute_states'
import { assertPaymentNotFrozen, partOfHeld } from '#escrow/held_money'
import type { Actor } from '#escrow/record_activity'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { previewOf } from '#escrow/disputes/preview_decision'
import { settleDispute } from '#escrow/settle_dispute'
import { notifyAll } from '#notifications/notify'

/** The split that was proposed, in minor units of the dispute's currency. Together it is all that is held. */
export interface SplitContent {
  to_freelancer: string
  to_client: string
}

/**
 * How a dispute ends by staff's decision about more than the threshold. It is `decided` while it waits for the
 * second person, and its version stands still: whatever changes it makes this another decision.
 */
export const disputeDecision: ApprovalKind<SplitContent, undefined> = {
  name: 'dispute_decision',
  about: 'Decide a dispute',
  subjectType: 'dispute',
  proposes: 'dispute.decide',
  approves: 'dispute.approve',

  async lock(trx, disputeId, split) {
    const locked = await lockDispute(trx, disputeId)
    const { milestone, dispute } = locked
    if (dispute.status !== 'decided') {
      throw wrongState(`This dispute is ${dispute.status}: nothing is proposed.`, dispute.status)
    }
    await assertPaymentNotFrozen(trx, milestone)
    const { amount } = await partOfHeld(trx, milestone)
    return { amount, payee: payees(locked, split), version: BigInt(dispute.version) }
  },

  async carryOut(trx, approval) {
    const locked = await lockDispute(trx, approval.subjectId)
    const by = approval.decidedBy!
    const dispute = await settleDispute(trx, {
      ...locked,
      toFreelancer: toFreelancer(approval),
      actor: { type: 'staff', id: by },
      how: 'decision',
      changes: { approval_id: approval.id },
    })
    await auditSettled(trx, dispute, { actor: { type: 'staff', id: by } }, 'decided')
  },

  /** It is open for staff and parties again. One that ended without it, because the bank took everything, stays so. */
  async dropped(trx, approval) {
    const locked = await lockDispute(trx, approval.subjectId)
    if (locked.dispute.status !== 'decided') return
    const actor: Actor = { type: 'staff', id: approval.decidedBy ?? approval.proposedBy }
    await transition(trx, locked, 'escalated', actor, {
      action: `dispute.decision_${approval.status}`,
      changes: {
        decided_at: null,
        decided_by: null,
        decision_reason: null,
        additions_closed_at: null,
        additions_closed_by: null,
      },
    })
    await tellBoth(trx, locked, 'dispute.decision_dropped')
  },

  async preview(_, approval) {
    const { entries } = await previewOf(approval.subjectId, toFreelancer(approval))
    return entries
  },
}

function toFreelancer({ content, currency }: Approval): Money {
  return Money.of(BigInt((content as SplitContent).to_freelancer), currency)
}

/** Tells both parties what has become of staff's decision; not who decides, or what. */
export async function tellBoth(
  trx: TransactionClientContract,
  locked: LockedDispute,
  kind: 'dispute.decision_proposed' | 'dispute.decision_dropped'
): Promise<void> {
  const { openedBy, respondentId } = locked.dispute
  const data = aboutDispute(locked)
  await notifyAll(trx, [
    { userId: openedBy, kind, data },
    { userId: respondentId, kind, data },
  ])
}

/** Who gets any of it. */
function payees({ project }: LockedDispute, split: SplitContent): string {
  return [
    BigInt(split.to_freelancer) > 0n && `user:${project.freelancerId}`,
    BigInt(split.to_client) > 0n && `user:${project.clientId}`,
  ]
    .filter((each) => each !== false)
    .join(', ')
}

/** Writes the line of the audit log that a decision has settled a dispute. */
export async function auditSettled(
  trx: TransactionClientContract,
  { id, toFreelancer: freelancer, toClient: client, currency, approvalId }: Dispute,
  act: Act,
  before: string
): Promise<void> {
  const decimal = (minor: bigint | null) => Money.of(minor!, currency).toDecimal()
  await recordAudit(trx, {
    ...act,
    action: 'dispute.settled',
    target: { type: 'dispute', id },
    before: { status: before },
    after: {
      status: 'settled',
      to_freelancer: decimal(freelancer),
      to_client: decimal(client),
      currency,
      ...(approvalId && { approval_id: approvalId }),
    },
  })
}
