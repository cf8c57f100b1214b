/** What is done with the rows of a table when somebody wants to see them, and when they want to be forgotten. */
export interface Decision {
  /** The kind of the export that has them; or why it has not. */
  export: { in: string } | { not: string }
  /** The column that says whose rows they are, which go; or what becomes of them otherwise, and why. */
  erasure: { deletedBy: string } | { kept: string }
}

const THE_BOOKS = 'The books: ids and amounts, which the law has us keep.'
const OUR_WORK = 'Says nothing of a person; it is about our own work.'
const STAFF = 'Of our staff, who are no users.'
const DEAL = 'A deal of two parties; the row names the user by id only.'

/**
 * One decision for **every table** of the database. A table that is missing here fails the suite, whoever adds
 * it: somebody has to think about it first. docs/privacy.md says the same for people.
 */
export const DECISIONS: Readonly<Record<string, Decision>> = {
  users: {
    export: { in: 'account' },
    erasure: {
      kept: 'Under a pseudonym: address, names and password go. Others refer to the row.',
    },
  },
  profiles: {
    export: { in: 'profile' },
    erasure: { kept: 'Emptied, so that others can go on opening it; the avatar is deleted.' },
  },
  sessions: { export: { in: 'sessions' }, erasure: { deletedBy: 'user_id' } },
  refresh_tokens: {
    export: { not: 'Hashes of secrets.' },
    erasure: { kept: 'They go with their sessions.' },
  },
  single_use_tokens: {
    export: { not: 'Hashes of secrets.' },
    erasure: { deletedBy: 'user_id' },
  },
  email_changes: { export: { in: 'email_changes' }, erasure: { deletedBy: 'user_id' } },
  mfa_authenticators: { export: { in: 'authenticators' }, erasure: { deletedBy: 'user_id' } },
  mfa_recovery_codes: {
    export: { not: 'Hashes of secrets.' },
    erasure: { kept: 'They go with their authenticator.' },
  },
  mfa_challenges: {
    export: { not: 'Hashes of secrets, good for minutes.' },
    erasure: { deletedBy: 'user_id' },
  },
  identities: { export: { in: 'identities' }, erasure: { deletedBy: 'user_id' } },
  oauth_handovers: {
    export: { not: 'What a provider said of somebody who is signing in; good for minutes.' },
    erasure: {
      kept: 'Names no user; those of the address are deleted, the rest goes after a day.',
    },
  },
  terms_acceptances: {
    export: { in: 'terms_acceptances' },
    erasure: { kept: 'That somebody agreed to what binds us both; by id only.' },
  },
  idempotency_keys: {
    export: { not: 'Fingerprints of requests of the last 48 hours, whose effects are exported.' },
    erasure: { deletedBy: 'user_id' },
  },
  notifications: { export: { in: 'notifications' }, erasure: { deletedBy: 'user_id' } },
  notification_preferences: {
    export: { in: 'notification_preferences' },
    erasure: { deletedBy: 'user_id' },
  },
  data_exports: { export: { in: 'exports' }, erasure: { deletedBy: 'user_id' } },
  erasures: {
    export: { not: 'Who is in it has nothing left to be exported.' },
    erasure: { kept: 'That it was done, by whom and why.' },
  },

  projects: {
    export: { in: 'projects' },
    erasure: { kept: `${DEAL} Drafts, which nobody else worked on, are deleted.` },
  },
  milestones: { export: { in: 'milestones' }, erasure: { kept: DEAL } },
  submissions: {
    export: { in: 'submissions' },
    erasure: { kept: 'What the other party paid for, and its reviews.' },
  },
  deliverables: {
    export: { in: 'deliverables' },
    erasure: { kept: 'What was handed in, as above; what was not is deleted with its file.' },
  },
  proposals: { export: { in: 'proposals' }, erasure: { kept: DEAL } },
  invitations: {
    export: { in: 'invitations' },
    erasure: { kept: 'By id only: the address is replaced.' },
  },
  messages: {
    export: { in: 'messages' },
    erasure: { kept: 'The other party needs them as evidence, until message_retention_days.' },
  },
  disputes: {
    export: { in: 'disputes' },
    erasure: { kept: `${DEAL} Why it was opened goes after message_retention_days.` },
  },
  dispute_messages: {
    export: { in: 'dispute_messages' },
    erasure: { kept: 'The other party needs them as evidence, until message_retention_days.' },
  },
  dispute_evidence: {
    export: { in: 'dispute_evidence' },
    erasure: { kept: 'What a decision rests on, until message_retention_days.' },
  },
  dispute_offers: {
    export: { in: 'dispute_offers' },
    erasure: { kept: `${DEAL} Their notes go after message_retention_days.` },
  },
  activity: {
    export: { in: 'activity' },
    erasure: { kept: 'Who did what, by id only; addresses in it are removed.' },
  },

  escrow_accounts: { export: { in: 'projects' }, erasure: { kept: THE_BOOKS } },
  transactions: { export: { in: 'transactions' }, erasure: { kept: THE_BOOKS } },
  deposits: {
    export: { in: 'transactions' },
    erasure: { kept: `${THE_BOOKS} The address to return to is removed.` },
  },
  deposit_allocations: { export: { in: 'deposit_allocations' }, erasure: { kept: THE_BOOKS } },
  releases: { export: { in: 'releases' }, erasure: { kept: THE_BOOKS } },
  payouts: { export: { in: 'payouts' }, erasure: { kept: THE_BOOKS } },
  payout_accounts: {
    export: { in: 'payout_accounts' },
    erasure: {
      kept: 'Payouts name them. Where they led to is removed, but for the id that Stripe gave, under which we hear of what comes back.',
    },
  },
  refund_requests: { export: { in: 'refund_requests' }, erasure: { kept: DEAL } },
  reservations: {
    export: { not: 'What an open payout or refund will take from our own balance.' },
    erasure: { kept: THE_BOOKS },
  },
  refunds_paid_by_hand: {
    export: { not: 'How we paid a refund, which is exported as a transaction.' },
    erasure: { kept: THE_BOOKS },
  },
  chargebacks: {
    export: { in: 'chargebacks' },
    erasure: { kept: `${THE_BOOKS} The evidence, which quotes both parties, is removed.` },
  },
  claw_backs: { export: { in: 'claw_backs' }, erasure: { kept: THE_BOOKS } },
  debt_write_offs: { export: { in: 'debt_write_offs' }, erasure: { kept: THE_BOOKS } },
  ledger_accounts: {
    export: { not: 'Sums of what is exported as transactions, releases and payouts.' },
    erasure: { kept: THE_BOOKS },
  },
  ledger_account_kinds: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  journal_entries: {
    export: {
      not: 'The same movements as transactions, releases and payouts, in terms of our books.',
    },
    erasure: { kept: THE_BOOKS },
  },
  postings: {
    export: {
      not: 'The same movements as transactions, releases and payouts, in terms of our books.',
    },
    erasure: { kept: THE_BOOKS },
  },

  staff: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_attempts: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_authenticators: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_passkeys: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_recovery_codes: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_invitations: { export: { not: STAFF }, erasure: { kept: STAFF } },
  staff_sessions: { export: { not: STAFF }, erasure: { kept: STAFF } },
  console_sessions: { export: { not: STAFF }, erasure: { kept: STAFF } },
  audit_log: { export: { not: 'What our staff did.' }, erasure: { kept: 'By ids only.' } },
  audit_words: {
    export: { not: 'Why our staff did what they did, in their words.' },
    erasure: { kept: 'The reasons of what was done; the chain does not need them.' },
  },
  refund_adoptions: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  audit_verifications: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  audit_chain: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  approvals: {
    export: { not: 'How our staff came to a decision; its effects are exported.' },
    erasure: { kept: `${THE_BOOKS} By ids only.` },
  },

  inbox_events: {
    export: { not: 'What providers told us, in their words; its effects are exported.' },
    erasure: { kept: 'For replay; its content goes after inbox_payload_days.' },
  },
  inbox_replays: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  recoveries: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  reconciliation_runs: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  reconciliation_totals: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  reconciliation_breaks: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  reconciliation_findings: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  reconciliation_acknowledgements: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  settings: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  adonis_schema: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
  adonis_schema_versions: { export: { not: OUR_WORK }, erasure: { kept: OUR_WORK } },
}

/** The tables whose rows go with their user, each with the column that says whose they are. */
export const DELETED_WITH_USER: readonly { table: string; column: string }[] = Object.entries(
  DECISIONS
).flatMap(([table, { erasure }]) =>
  'deletedBy' in erasure ? [{ table, column: erasure.deletedBy }] : []
)
