import db from '@adonisjs/lucid/services/db'
import { targetOf } from '#approvals/approval_kind'
import { approvalKind } from '#approvals/kinds'
import { behindBoth, notIndependent } from '#approvals/independent'
import { findApproval } from '#approvals/lock_proposal'
import { readCase } from '#console/dispute_page'
import { moment, money, words } from '#console/formats'
import { accountPage, pageOf } from '#console/links'
import { foreseen, outcomeOf, type Foreseen } from '#console/outcome'
import { PAGE } from '#console/paging'
import { peopleOf, type Person } from '#console/people'
import { Problem } from '#exceptions/problem'
import type Approval from '#models/approval'
import type Staff from '#models/staff'
import { roleMay } from '#staff/roles'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import type { ApprovalsFilters } from '#validators/console/approvals'

/** Whom a proposal pays: a user by name, or an account of the ledger; or the setting that it changes. */
interface Payee {
  label: string
  href?: string
}

/** What somebody decided, in words. */
interface Fact {
  label: string
  value: string
  href?: string
}

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
  payees: Payee[]
  reason: string
  proposed_at: Date
  proposed_by: string
  proposer: string
  decider: string | null
  decided_at: Date | null
  mine: boolean
}

/** Proposals, newest first: those that wait, unless another state is asked for. Two queries. */
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
  const people = await peopleOf(found.flatMap(({ payee }) => usersOf(payee)))
  const rows = found.map((row) => ({
    ...row,
    about: approvalKind(row.kind).about,
    changes: changesOf(row)
      .map((change) => `${change.what}: ${change.before} → ${change.after}`)
      .join(', '),
    payees: payeesOf(row, people),
    mine: row.proposed_by === reader.id,
  }))
  return cutPage(rows, PAGE)
}

/**
 * A proposal as the second person has to read it: what exactly, for whom, what it would post, and what they
 * may do; once it was approved, what it has posted. Of a dispute, the case itself.
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
    ...(approval.kind === 'dispute_decision' && (await readCase(approval.subjectId))),
    approval,
    about: kind.about,
    content: approval.content as object,
    target: targetOf(kind, approval),
    changes: changesOf(approval),
    payees: payeesOf(approval, await peopleOf(usersOf(approval.payee))),
    facts: factsOf(approval),
    entries: isOpen ? await previewOf(approval) : [],
    outcome: await outcomeOf(approval),
    mayApprove: couldDecide && !behind,
    mayRefuse: couldDecide,
    whyNot: behind ? notIndependent(behind) : undefined,
    mayWithdraw: isOpen && isMine,
  }
}

const changesOf = ({ kind, content }: Pick<Approval, 'kind' | 'content'>) =>
  approvalKind(kind).changes?.(content) ?? []

/** What it would post; nothing if it can be done no more. */
async function previewOf(approval: Approval): Promise<Foreseen[]> {
  try {
    return await foreseen((await approvalKind(approval.kind).preview?.(db, approval)) ?? [])
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

const USER = 'user:'
const SETTING = 'setting:'

const partsOf = (payee: string) => payee.split(', ').filter((each) => each !== '')

function usersOf(payee: string): string[] {
  return partsOf(payee)
    .filter((each) => each.startsWith(USER))
    .map((each) => each.slice(USER.length))
}

function payeesOf(
  { payee, currency }: { payee: string; currency: string },
  people: Record<string, Person>
): Payee[] {
  return partsOf(payee).map((each) => {
    if (each.startsWith(SETTING)) {
      const name = each.slice(SETTING.length)
      return { label: name, href: pageOf('setting', name) }
    }
    if (!each.startsWith(USER)) return { label: each, href: accountPage(each, currency) }
    const id = each.slice(USER.length)
    return { label: people[id]?.name ?? id, href: pageOf('user', id) }
  })
}

/** What was decided beside the amount. The version of some kinds is an amount as it stood then. */
function factsOf({ kind, content, currency, version }: Approval): Fact[] {
  const decided = content as Record<string, string>
  switch (kind) {
    case 'dispute_decision':
      return [
        { label: 'To the freelancer', value: money(decided.to_freelancer, currency) },
        { label: 'To the client', value: money(decided.to_client, currency) },
      ]
    case 'debt_write_off':
      return [{ label: 'Owed when it was proposed', value: money(version, currency) }]
    case 'refund_paid_by_hand':
      return [{ label: 'What our bank calls the payment', value: decided.reference }]
    case 'refund_adoption':
      return [
        { label: 'Rail', value: words(decided.rail) },
        { label: 'What the provider calls the refund', value: decided.refund_id },
        { label: 'Missing when it was proposed', value: money(version, currency) },
      ]
    case 'correcting_entry':
      return [
        { label: 'Explains', value: decided.explains },
        { label: 'Happened', value: decided.event_at && `${moment(decided.event_at)} UTC` },
      ].filter(({ value }) => value)
    case 'setting_change':
      return []
  }
}
