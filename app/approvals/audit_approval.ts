import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit, type Act } from '#audit/record_audit'
import { targetOf, type ApprovalKind } from '#approvals/approval_kind'
import type Approval from '#models/approval'

/** Writes what was just done to a proposal into the audit log, as done to its subject. */
export async function auditApproval(
  trx: TransactionClientContract,
  of: ApprovalKind,
  approval: Approval,
  act: Act
): Promise<void> {
  const { id, kind, status, money, payee, version, contentHash, via } = approval
  await recordAudit(trx, {
    ...act,
    action: `approval.${status}`,
    target: targetOf(of, approval),
    before: status === 'proposed' ? {} : { status: 'proposed' },
    after: {
      status,
      approval_id: id,
      kind,
      amount: money.toDecimal(),
      currency: money.currency,
      payee,
      version: version.toString(),
      content_hash: contentHash,
      ...(via !== 'console' && { proposed_via: via }),
    },
  })
}
