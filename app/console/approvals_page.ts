import db from '@adonisjs/lucid/services/db'
import { targetOf } from '#approvals/approval_kind'
import { approvalKind } from '#approvals/kinds'
import { behindBoth, notIndependent } from '#approvals/independent'
import { findApproval } from '#approvals/lock_proposal'
import { PAGE } from '#console/paging'
import { Problem } from '#exceptions/problem'
import type Approval from '#models/approval'
import type Staff from '#models/staff'
import { roleMay } from '#staff/roles'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import type { ApprovalsFilters } from '#validators/console/approvals'

interface ApprovalRow {
  id: string
  kind: Approval['kind']
  about: string
  /** What it changes beside money. */
  changes: string
  status: Approval['status']
  amount: bigint
  currency: string
  payee: string
  reason: string
  proposed_at: Date
  proposed_by: string
  proposer: string
  decider: string | null
  decided_at: Date | null
  mine: boolean
}

/** Proposals, newest first: those that wait, unless another state is asked for. One query. */
export async function listApprovals(
  { status, kind, after }: ApprovalsFilters,
  reader: Staff
): Promise<Page<ApprovalRow>> {
  const query = db
    .from('approvals AS a')
    .joinRaw('JOIN staff p ON p.id = a.proposed_by LEFT JOIN staff d ON d.id = a.decided_by')
    .select(
      'a.id',
      'a.kind',
      'a.status',
      'a.amount',
      'a.currency',
      'a.payee',
      'a.reason',
      'a.content'
    )
    .select(
      'a.proposed_at',
      'a.proposed_by',
      'a.decided_at',
      'p.name AS proposer',
      'd.name AS decider'
    )
    .where('a.status', status ?? 'proposed')
    .orderBy('a.id', 'desc')
    .limit(PAGE + 1)
  if (kind) query.where('a.kind', kind)
  if (after) query.where('a.id', '<', decodeCursor(after))
  const found = await query
  const rows = found.map((row) => ({
    ...row,
    about: approvalKind(row.kind).about,
    changes: changesOf(row)
      .map((change) => `${change.what}: ${change.before} → ${change.after}`)
      .join(', '),
    mine: row.proposed_by === reader.id,
  }))
  return cutPage(rows, PAGE)
}

/**
 * A proposal as the second person has to read it: what exactly, what it would post, and what they may do.
 *
 * @throws Problem 404
 */
export async function readApproval(id: string, reader: Staff) {
  const approval = await findApproval(db.connection(), id)
  await approval.load((loader) => loader.load('proposer').load('decider'))
  const kind = approvalKind(approval.kind)
  const isOpen = approval.status === 'proposed'
  const isMine = approval.proposedBy === reader.id
  const couldDecide = isOpen && !isMine && roleMay(reader.role, kind.approves)
  const behind = couldDecide && (await behindBoth(db.connection(), approval.proposedBy, reader.id))
  return {
    approval,
    about: kind.about,
    content: approval.content as object,
    target: targetOf(kind, approval),
    changes: changesOf(approval),
    entries: isOpen ? await previewOf(approval) : [],
    mayApprove: couldDecide && !behind,
    mayRefuse: couldDecide,
    whyNot: behind ? notIndependent(behind) : undefined,
    mayWithdraw: isOpen && isMine,
  }
}

const changesOf = ({ kind, content }: Pick<Approval, 'kind' | 'content'>) =>
  approvalKind(kind).changes?.(content) ?? []

/** What it would post, one row a posting; nothing if it can be done no more. */
async function previewOf(approval: Approval) {
  try {
    const entries = (await approvalKind(approval.kind).preview?.(db, approval)) ?? []
    return entries.flatMap(({ kind, postings }) =>
      postings.map(({ account, direction, amount }) => ({ kind, account, direction, amount }))
    )
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}
