import type { StaffRole } from '#models/staff'
import { roleMay, type StaffAction } from '#staff/roles'

interface Entry {
  label: string
  /** Also the beginning of the paths of all pages below it. */
  href: string
  needs: StaffAction
}

/** The console's menu, in the order of what people come for. */
const SECTIONS: { label: string; entries: Entry[] }[] = [
  {
    label: 'Today',
    entries: [
      { label: 'Dashboard', href: '/console', needs: 'console.read' },
      { label: 'Disputes', href: '/console/disputes', needs: 'console.read' },
      { label: 'Approvals', href: '/console/approvals', needs: 'console.read' },
    ],
  },
  {
    label: 'Money',
    entries: [
      { label: 'Payouts', href: '/console/payouts', needs: 'console.read' },
      { label: 'Transactions', href: '/console/transactions', needs: 'console.read' },
      { label: 'Chargebacks', href: '/console/chargebacks', needs: 'console.read' },
      { label: 'Treasury', href: '/console/treasury', needs: 'console.read' },
      { label: 'Ledger', href: '/console/ledger', needs: 'console.read' },
      { label: 'Reconciliation', href: '/console/reconciliation', needs: 'console.read' },
    ],
  },
  {
    label: 'People',
    entries: [
      { label: 'Projects', href: '/console/projects', needs: 'console.read' },
      { label: 'Users', href: '/console/users', needs: 'console.read' },
      { label: 'Files', href: '/console/files', needs: 'console.read' },
    ],
  },
  {
    label: 'Machinery',
    entries: [
      { label: 'Webhooks', href: '/console/webhooks', needs: 'console.read' },
      { label: 'Jobs', href: '/console/jobs', needs: 'console.read' },
      { label: 'Audit log', href: '/console/audit', needs: 'audit.read' },
      { label: 'Settings', href: '/console/settings', needs: 'console.read' },
      { label: 'Staff', href: '/console/staff', needs: 'staff.manage' },
    ],
  },
]

/**
 * The menu as one role sees it.
 *
 * @param path of the page that is being shown, without its query
 */
export function menuOf(role: StaffRole, path: string) {
  return SECTIONS.map(({ label, entries }) => ({
    label,
    entries: entries
      .filter(({ needs }) => roleMay(role, needs))
      .map((entry) => ({
        label: entry.label,
        href: entry.href,
        current:
          entry.href === '/console' ? path === entry.href : `${path}/`.startsWith(`${entry.href}/`),
      })),
  })).filter(({ entries }) => entries.length > 0)
}
