import { STAFF_ROLES, type StaffRole } from '#models/staff'

interface ActionRule {
  /** What it is, as shown to whoever may not. */
  about: string
  roles: readonly StaffRole[]
  /** It moves money or trust: the second factor must have been given within the last minutes. */
  stepUp: boolean
}

const EVERYBODY = STAFF_ROLES
const MONEY = ['finance', 'admin'] as const
const PEOPLE = ['support', 'admin'] as const
const ADMIN = ['admin'] as const

/**
 * Who may do what at the console: the one table of it. Every page and every form names its line here, and
 * nothing else decides. What moves money belongs to finance, what concerns people to support; an admin may do
 * either, and what concerns staff and settings.
 */
export const ACTIONS = {
  'console.read': { about: 'look at pages', roles: EVERYBODY, stepUp: false },
  'evidence.read': { about: 'open files of the parties', roles: EVERYBODY, stepUp: false },
  'security.change': { about: 'change how one signs in', roles: EVERYBODY, stepUp: true },
  'audit.read': { about: 'read the audit log', roles: MONEY, stepUp: false },
  'audit.verify': { about: 'have the audit log verified', roles: MONEY, stepUp: false },

  'dispute.decide': { about: 'propose how a dispute ends', roles: PEOPLE, stepUp: true },
  'dispute.approve': {
    about: "approve somebody's decision of a dispute",
    roles: EVERYBODY,
    stepUp: true,
  },

  'payout.hold': { about: 'hold a payout, and let it go on', roles: MONEY, stepUp: true },
  'payout.retry': { about: 'try a payout again', roles: MONEY, stepUp: true },
  'payout.cancel': { about: 'cancel an unclaimed payout', roles: MONEY, stepUp: true },
  'refund.retry': { about: 'try a refund again', roles: MONEY, stepUp: true },
  'refund.pay_by_hand': { about: 'pay a refund another way', roles: MONEY, stepUp: true },
  'refund.adopt': { about: 'adopt a refund made elsewhere', roles: MONEY, stepUp: true },
  'debt.claw_back': { about: 'claw back what a freelancer owes', roles: MONEY, stepUp: true },
  'debt.write_off': { about: 'write off what a freelancer owes', roles: MONEY, stepUp: true },
  'chargeback.answer': {
    about: 'answer a chargeback, and end its freeze',
    roles: MONEY,
    stepUp: true,
  },
  'treasury.record': {
    about: 'record movements between bank and rails',
    roles: MONEY,
    stepUp: true,
  },
  'break.acknowledge': {
    about: 'acknowledge a break of a reconciliation',
    roles: MONEY,
    stepUp: true,
  },
  'entry.propose': { about: 'propose a correcting entry', roles: MONEY, stepUp: true },
  'money.approve': {
    about: 'approve what somebody proposed to do with money',
    roles: MONEY,
    stepUp: true,
  },
  'reconciliation.run': { about: 'start a reconciliation', roles: MONEY, stepUp: false },

  'inbox.replay': { about: 'replay webhook events', roles: EVERYBODY, stepUp: false },
  'job.retry': { about: 'retry failed jobs', roles: EVERYBODY, stepUp: false },

  'user.verify': { about: "verify a user's e-mail address", roles: PEOPLE, stepUp: true },
  'user.suspend': { about: 'suspend a user, and let them back', roles: PEOPLE, stepUp: true },
  'user.reset_mfa': { about: "reset a user's second factor", roles: PEOPLE, stepUp: true },
  'file.release': { about: 'release a file from quarantine', roles: PEOPLE, stepUp: true },

  'settings.approve': {
    about: 'approve a change of a setting that protects money',
    roles: MONEY,
    stepUp: true,
  },
  'settings.change': { about: 'change settings', roles: ADMIN, stepUp: true },
  'staff.manage': { about: 'manage staff', roles: ADMIN, stepUp: true },
} as const satisfies Record<string, ActionRule>

export type StaffAction = keyof typeof ACTIONS

/** Whether a role may do something. */
export function roleMay(role: StaffRole, action: StaffAction): boolean {
  return (ACTIONS[action].roles as readonly StaffRole[]).includes(role)
}
