import type { StaffRole } from '#models/staff'
import { roleMay, type StaffAction } from '#staff/roles'

/** Where the console shows something, by what the tables call it; nothing for what has no page. */
const PAGES: Record<string, (id: string) => string> = {
  user: (id) => `/console/users/${id}`,
  project: (id) => `/console/projects/${id}`,
  milestone: (id) => `/console/milestones/${id}`,
  dispute: (id) => `/console/disputes/${id}`,
  transaction: (id) => `/console/transactions/${id}`,
  deposit: (id) => `/console/transactions/${id}`,
  payout: (id) => `/console/payouts/${id}`,
  chargeback: (id) => `/console/chargebacks/${id}`,
  deliverable: (id) => `/console/files?state=all&q=${id}`,
  evidence: (id) => `/console/files?state=all&q=${id}`,
  entry: (id) => `/console/ledger/entries/${id}`,
  audit_line: (id) => `/console/audit/${id}`,
  approval: (id) => `/console/approvals/${id}`,
  inbox_event: (id) => `/console/webhooks/${id}`,
  inbox_replay: (id) => `/console/webhooks/replays/${id}`,
  queue: (name) => `/console/jobs/${name}`,
  rail: (rail) => `/console/reconciliation?rail=${rail}`,
  break: (id) => `/console/reconciliation/breaks/${id}`,
  reconciliation_run: (id) => `/console/reconciliation/${id}`,
  staff: (id) => `/console/staff/${id}`,
  setting: (name) => `/console/settings/${name}`,
}

/** Of these, not everybody who works here may look at the page. */
const NEEDS: Record<string, StaffAction> = { staff: 'staff.manage' }

/**
 * The page of a record.
 *
 * @param type as `activity.subject_type` and `audit_log.target_type` have it
 * @param reader nothing is said of pages that this role may not look at
 */
export function pageOf(
  type: string,
  id: string | bigint | null,
  reader?: StaffRole
): string | undefined {
  if (id === null || (reader && NEEDS[type] && !roleMay(reader, NEEDS[type]))) return undefined
  return PAGES[type]?.(encodeURIComponent(String(id)))
}

/** The page of an account of the ledger, where every posting of it is. */
export function accountPage(name: string, currency: string): string {
  return `/console/ledger/accounts/${encodeURIComponent(name)}/${currency}`
}

/** Whose accounts of a kind are, where they are somebody's. */
const OWNERS: Record<string, string> = {
  escrow: 'milestone',
  payable: 'user',
  payout_in_transit: 'transaction',
  refund_in_transit: 'transaction',
  refund_payable: 'user',
  unapplied: 'user',
  freelancer_receivable: 'user',
  chargeback_receivable: 'chargeback',
}

/** What an account belongs to, by its name: the milestone of `escrow:<id>`. */
export function ownerOf(account: string): { type: string; id: string; href?: string } | undefined {
  const [kind, id] = account.split(':')
  const type = OWNERS[kind]
  return type && id ? { type, id, href: pageOf(type, id) } : undefined
}
