import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { forbidden } from '#exceptions/problem'
import type Approval from '#models/approval'
import { auditApproval } from '#approvals/audit_approval'
import { approvalKind } from '#approvals/kinds'
import { findApproval, lockProposal } from '#approvals/lock_proposal'
import { permit } from '#approvals/permit'

/**
 * Refuses what somebody else proposed; it does not happen.
 *
 * @throws Problem 404; 403 if their role may not, `own_proposal`; 409 `already_decided`
 */
export async function refuse(
  id: string,
  { by, reason }: { by: string; reason: string }
): Promise<Approval> {
  const found = await findApproval(db.connection(), id)
  const kind = approvalKind(found.kind)
  return inTransaction(async (trx) => {
    const proposal = await lockProposal(trx, id)
    await permit(trx, by, kind.approves)
    if (proposal.proposedBy === by) {
      throw forbidden('You proposed it: withdraw it instead.', 'own_proposal')
    }
    proposal.merge({
      status: 'refused',
      decidedBy: by,
      decidedAt: DateTime.now(),
      decisionReason: reason,
    })
    await proposal.useTransaction(trx).save()
    await kind.dropped?.(trx, proposal)
    await auditApproval(trx, kind, proposal, { actor: { type: 'staff', id: by }, reason })
    return proposal
  })
}
