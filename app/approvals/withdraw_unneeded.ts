import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import type { ApprovalKind } from '#approvals/approval_kind'
import { auditApproval } from '#approvals/audit_approval'
import Approval from '#models/approval'

/**
 * Takes back what waits for its second person, if anything does, because its subject has ended without it:
 * nobody is asked to decide what cannot be done any more. `dropped` is not called.
 *
 * It comes after the locks of the subject, unlike any other decision of a proposal. Of it and of an approval at
 * the same moment PostgreSQL rolls one back, which `inTransaction` does again.
 *
 * @param reason for whoever reads the proposal
 */
export async function withdrawUnneeded(
  trx: TransactionClientContract,
  of: ApprovalKind,
  subjectId: string,
  reason: string
): Promise<void> {
  const proposal = await Approval.query({ client: trx })
    .where({ kind: of.name, subjectId, status: 'proposed' })
    .forUpdate()
    .first()
  if (!proposal) return
  proposal.merge({ status: 'withdrawn', decidedAt: DateTime.now(), decisionReason: reason })
  await proposal.useTransaction(trx).save()
  await auditApproval(trx, of, proposal, { actor: { type: 'system' }, reason })
}
