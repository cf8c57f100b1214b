import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import Approval from '#models/approval'
import type { ApprovalKind } from '#approvals/approval_kind'
import { auditApproval } from '#approvals/audit_approval'
import { permit } from '#approvals/permit'

export interface Proposal<Content extends object> {
  subjectId: string
  content: Content
  /** Id of the member of staff who proposes it. */
  by: string
  reason: string
  /** At the command line it is in their name, and nobody has proved that it was them. */
  via?: Approval['via']
}

/**
 * Proposes something that takes two people. Nothing happens yet but that it waits for the second.
 *
 * @returns the proposal, with the hash that is to be approved
 * @throws Problem 403 if they may not; 409 `already_proposed`; whatever the kind refuses
 */
export async function propose<Content extends object, Prepared>(
  kind: ApprovalKind<Content, Prepared>,
  proposal: Proposal<Content>
): Promise<Approval> {
  const prepared = (await kind.prepare?.(proposal.subjectId, proposal.content)) as Prepared
  return inTransaction((trx) => proposeWithin(trx, kind, proposal, prepared))
}

/** `propose` as a part of an operation: the kind's own locks are taken here. */
export async function proposeWithin<Content extends object, Prepared>(
  trx: TransactionClientContract,
  kind: ApprovalKind<Content, Prepared>,
  { subjectId, content, by, reason, via = 'console' }: Proposal<Content>,
  prepared: Prepared
): Promise<Approval> {
  await permit(trx, by, kind.proposes)
  const { amount, payee, version } = await kind.lock(trx, subjectId, content, prepared)
  // Not every subject has a row to lock: of two who look at the same moment neither would find the other's.
  await trx.rawQuery(
    `SELECT pg_advisory_xact_lock(hashtextextended('proposal:' || ? || ':' || ?, 0))`,
    [kind.name, subjectId]
  )
  const open = await Approval.query({ client: trx })
    .where({ kind: kind.name, subjectId, status: 'proposed' })
    .first()
  if (open) {
    throw wrongState(
      'The same is proposed already and waits for a second person. Withdraw or refuse that first.',
      open.status,
      { code: 'already_proposed', extra: { approval_id: open.id } }
    )
  }
  const approval = await Approval.create(
    {
      kind: kind.name,
      subjectType:
        typeof kind.subjectType === 'string' ? kind.subjectType : kind.subjectType(content),
      subjectId,
      amount: amount.minor,
      currency: amount.currency,
      payee,
      version,
      content,
      reason,
      proposedBy: by,
      via,
      // The database computes it.
      contentHash: '',
    },
    { client: trx }
  )
  await approval.refresh()
  await auditApproval(trx, kind, approval, { actor: { type: 'staff', id: by }, reason })
  return approval
}
