import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { forbidden, wrongState } from '#exceptions/problem'
import type Approval from '#models/approval'
import type { Terms } from '#approvals/approval_kind'
import { auditApproval } from '#approvals/audit_approval'
import { approvalKind } from '#approvals/kinds'
import { assertIndependent } from '#approvals/independent'
import { assertOpen, findApproval, lockProposal } from '#approvals/lock_proposal'
import { permit } from '#approvals/permit'

export interface Approving {
  /** Id of the second person. */
  by: string
  /** The hash of what they were shown. */
  hash: string
  reason?: string
}

/**
 * Approves what somebody else proposed, and does it, in one transaction.
 *
 * @throws Problem 404; 403 if their role may not, `own_proposal`, `not_independent`; 409 `already_decided`,
 *   `other_content` if they were shown something else, `subject_changed` if amount, payee or version are not
 *   what they were; whatever the kind refuses. Nothing has happened then.
 */
export async function approve(id: string, { by, hash, reason }: Approving): Promise<Approval> {
  const found = await findApproval(db.connection(), id)
  assertOpen(found)
  const kind = approvalKind(found.kind)
  const prepared = await kind.prepare?.(found.subjectId, found.content)
  const approval = await inTransaction(async (trx) => {
    const proposal = await lockProposal(trx, id)
    await permit(trx, by, kind.approves)
    if (proposal.proposedBy === by) {
      throw forbidden('You proposed it: somebody else has to approve it.', 'own_proposal')
    }
    await assertIndependent(trx, proposal.proposedBy, by)
    if (proposal.contentHash !== hash) {
      throw wrongState('You were shown something else. Read it again.', proposal.status, {
        code: 'other_content',
      })
    }
    const terms = await kind.lock(trx, proposal.subjectId, proposal.content, prepared)
    assertUnchanged(proposal, terms)
    proposal.merge({
      status: 'approved',
      decidedBy: by,
      decidedAt: DateTime.now(),
      decisionReason: reason || null,
      approvedHash: hash,
    })
    await proposal.useTransaction(trx).save()
    await kind.carryOut(trx, proposal, prepared)
    await auditApproval(trx, kind, proposal, { actor: { type: 'staff', id: by }, reason })
    return proposal
  })
  await kind.afterwards?.(approval, prepared)
  return approval
}

function assertUnchanged(approval: Approval, { amount, payee, version }: Terms): void {
  const changes = [
    amount.equals(approval.money) || `the amount is ${amount} now and was ${approval.money}`,
    payee === approval.payee || `the payee is ${payee} now and was ${approval.payee}`,
    BigInt(approval.version) === version || 'it was changed since',
  ].filter((each) => each !== true)
  if (changes.length === 0) return
  throw wrongState(
    `This is not what was proposed any more: ${changes.join(', ')}. Refuse it, and propose anew.`,
    approval.status,
    { code: 'subject_changed' }
  )
}
