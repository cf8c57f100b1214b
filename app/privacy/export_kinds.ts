/**
 * What a person gets of what we know about them, kind by kind: one file of the export each. Columns are named
 * one by one, so that a new one is in no export before somebody has thought about it: never what opens a
 * door (hashes, secrets), and of other people only what the product shows the user anyway.
 */
export interface ExportKind {
  /** The file's name, without `.json`. */
  name: string
  /** For README.txt. */
  about: string
  /** The tables whose rows it has. */
  tables: readonly string[]
  /** The rows of `:userId`, each with an `id` (uuid) that they can be sorted by. */
  sql: string
  /** Columns in minor units of the row's `currency`, to be written as decimals. */
  money?: readonly string[]
}

/** The projects of `:userId`, to be put into a query. */
const MINE = `SELECT id FROM projects WHERE :userId IN (client_id, freelancer_id)`
const MY_MILESTONES = `SELECT id FROM milestones WHERE project_id IN (${MINE})`
const MY_DISPUTES = `SELECT id FROM disputes WHERE milestone_id IN (${MY_MILESTONES})`

/** How the product calls a user `u`. */
const nameOf = (u: string) =>
  `CASE WHEN ${u}.erased_at IS NOT NULL THEN 'Deleted user'
        ELSE coalesce(nullif(trim(${u}.first_name || ' ' || ${u}.last_name), ''), ${u}.email) END`

export const EXPORT_KINDS: readonly ExportKind[] = [
  {
    name: 'account',
    about: 'Your account.',
    tables: ['users'],
    sql: `SELECT id, email, user_type, first_name, last_name, is_verified, password IS NOT NULL AS has_password,
                 created_at, updated_at
            FROM users WHERE id = :userId`,
  },
  {
    name: 'profile',
    about: 'What you say about yourself to others.',
    tables: ['profiles'],
    sql: `SELECT user_id AS id, bio, avatar, skills, hourly_rate, hourly_rate_currency AS currency,
                 portfolio_url, updated_at
            FROM profiles WHERE user_id = :userId`,
    money: ['hourly_rate'],
  },
  {
    name: 'sessions',
    about: 'Where and when you signed in.',
    tables: ['sessions'],
    sql: `SELECT id, host(ip) AS ip, user_agent, created_at, last_used_at, expires_at, revoked_at, revoked_reason
            FROM sessions WHERE user_id = :userId`,
  },
  {
    name: 'email_changes',
    about: 'Changes of your e-mail address that you asked for.',
    tables: ['email_changes'],
    sql: `SELECT id, old_email, new_email, old_confirmed_at, new_confirmed_at, created_at, expires_at,
                 changed_at, cancelled_at
            FROM email_changes WHERE user_id = :userId`,
  },
  {
    name: 'authenticators',
    about: 'Your authenticator app: since when, not its secret.',
    tables: ['mfa_authenticators'],
    sql: `SELECT user_id AS id, created_at, confirmed_at FROM mfa_authenticators WHERE user_id = :userId`,
  },
  {
    name: 'identities',
    about: 'Accounts elsewhere that sign you in.',
    tables: ['identities'],
    sql: `SELECT id, provider, subject, email, created_at, last_used_at FROM identities WHERE user_id = :userId`,
  },
  {
    name: 'terms_acceptances',
    about: 'Which terms of use you accepted, and when.',
    tables: ['terms_acceptances'],
    sql: `SELECT id, version, context, project_id, accepted_at FROM terms_acceptances WHERE user_id = :userId`,
  },
  {
    name: 'projects',
    about: 'Projects that you are a party of, with what the other party is called.',
    tables: ['projects', 'escrow_accounts'],
    sql: `SELECT p.id, p.title, p.description, p.status, p.total_amount, p.currency, p.deadline,
                 p.platform_fee_bps, p.inspection_days, p.client_id, p.freelancer_id,
                 ${nameOf('client')} AS client_name,
                 CASE WHEN freelancer.id IS NOT NULL THEN ${nameOf('freelancer')} END AS freelancer_name,
                 e.id AS escrow_account_id, p.messages_purged_at, p.created_at, p.updated_at
            FROM projects p
            JOIN users client ON client.id = p.client_id
            LEFT JOIN users freelancer ON freelancer.id = p.freelancer_id
            LEFT JOIN escrow_accounts e ON e.project_id = p.id
           WHERE :userId IN (p.client_id, p.freelancer_id)`,
    money: ['total_amount'],
  },
  {
    name: 'milestones',
    about: 'Their milestones.',
    tables: ['milestones'],
    sql: `SELECT id, project_id, title, description, amount, currency, due_date, status, funded_at,
                 auto_approve_at, closed_at, closed_reason, created_at, updated_at
            FROM milestones WHERE project_id IN (${MINE})`,
    money: ['amount'],
  },
  {
    name: 'submissions',
    about: 'Work that was handed in for them, and its reviews.',
    tables: ['submissions'],
    sql: `SELECT id, milestone_id, submitted_by, note, links, deliverables, created_at, review, review_reason,
                 reviewed_by, reviewed_at
            FROM submissions WHERE milestone_id IN (${MY_MILESTONES})`,
  },
  {
    name: 'deliverables',
    about: 'Files that were handed in for them, and those that you uploaded; yours are in files/.',
    tables: ['deliverables'],
    sql: `SELECT id, milestone_id, uploaded_by, name, size, content_type, sha256, scan_status, submitted_at,
                 created_at
            FROM deliverables
           WHERE uploaded_by = :userId
              OR submitted_at IS NOT NULL AND milestone_id IN (${MY_MILESTONES})`,
  },
  {
    name: 'proposals',
    about: 'Changes of projects that you or the other party proposed.',
    tables: ['proposals'],
    sql: `SELECT id, project_id, milestone_id, proposed_by, kind, changes, status, created_at, decided_by,
                 decided_at
            FROM proposals WHERE project_id IN (${MINE})`,
  },
  {
    name: 'invitations',
    about: 'Invitations to projects that you sent or got.',
    tables: ['invitations'],
    sql: `SELECT i.id, i.project_id, i.email, i.invited_by, i.status, i.expires_at, i.created_at,
                 i.responded_by, i.responded_at
            FROM invitations i JOIN users me ON me.id = :userId
           WHERE :userId IN (i.invited_by, i.responded_by) OR i.email = me.email AND me.is_verified`,
  },
  {
    name: 'messages',
    about: 'What you and the other parties wrote to each other.',
    tables: ['messages'],
    sql: `SELECT id, project_id, sender_id, body, created_at FROM messages WHERE project_id IN (${MINE})`,
  },
  {
    name: 'activity',
    about: 'What happened in your projects, and who did it.',
    tables: ['activity'],
    sql: `SELECT id, project_id, milestone_id, subject_type, subject_id, actor_type, actor_id, action,
                 from_status, to_status, details, at
            FROM activity WHERE project_id IN (${MINE})`,
  },
  {
    name: 'disputes',
    about: 'Disputes over milestones of yours.',
    tables: ['disputes'],
    sql: `SELECT id, milestone_id, opened_by, respondent_id, reason, asked_amount, currency, status, respond_by,
                 answered_at, negotiate_until, opener_splits_at, respondent_splits_at, escalated_at,
                 escalated_by, escalated_reason, decided_at, decision_reason, settled_how, to_freelancer,
                 to_client, withdrawn_by, ended_because, splits_held, additions_closed_at, created_at, closed_at
            FROM disputes WHERE milestone_id IN (${MY_MILESTONES})`,
    money: ['asked_amount', 'to_freelancer', 'to_client', 'splits_held'],
  },
  {
    name: 'dispute_messages',
    about: 'What both parties and our staff wrote in them.',
    tables: ['dispute_messages'],
    sql: `SELECT id, dispute_id, sender_id, staff_id IS NOT NULL AS by_staff, kind, body, created_at
            FROM dispute_messages WHERE dispute_id IN (${MY_DISPUTES})`,
  },
  {
    name: 'dispute_evidence',
    about: 'Files that both parties showed in them; yours are in files/.',
    tables: ['dispute_evidence'],
    sql: `SELECT id, dispute_id, uploaded_by, name, size, content_type, sha256, scan_status, created_at
            FROM dispute_evidence WHERE dispute_id IN (${MY_DISPUTES})`,
  },
  {
    name: 'dispute_offers',
    about: 'Splits that you or the other party offered in them.',
    tables: ['dispute_offers'],
    sql: `SELECT id, dispute_id, made_by, to_freelancer, to_client, currency, note, status, created_at,
                 decided_by, closed_at
            FROM dispute_offers WHERE dispute_id IN (${MY_DISPUTES})`,
    money: ['to_freelancer', 'to_client'],
  },
  {
    name: 'transactions',
    about: 'Movements of money of your projects, as you see them: of payouts only your own.',
    tables: ['transactions', 'deposits'],
    sql: `SELECT t.id, t.milestone_id, t.transaction_type, t.payment_provider, t.provider_transaction_id,
                 t.status, t.amount, t.currency, t.deposit_id, t.failure_code, t.failure_message, t.wait_reason,
                 t.created_at, t.completed_at, d.method AS deposit_method, d.state AS deposit_state,
                 d.return_url, e.project_id
            FROM transactions t
            LEFT JOIN escrow_accounts e ON e.id = t.escrow_account_id
            LEFT JOIN deposits d ON d.transaction_id = t.id
           WHERE t.user_id = :userId
              OR e.project_id IN (${MINE}) AND t.transaction_type <> 'payout'`,
    money: ['amount'],
  },
  {
    name: 'deposit_allocations',
    about: 'Which milestones a deposit is for.',
    tables: ['deposit_allocations'],
    sql: `SELECT a.milestone_id AS id, a.transaction_id, a.milestone_id, a.amount, m.currency, a.live
            FROM deposit_allocations a JOIN milestones m ON m.id = a.milestone_id
           WHERE m.project_id IN (${MINE}) AND a.live`,
    money: ['amount'],
  },
  {
    name: 'releases',
    about: 'Money that was released from escrow, our fee, and the rest.',
    tables: ['releases'],
    sql: `SELECT id, milestone_id, transaction_id, fee_transaction_id, deposit_id, kind, amount, fee, net,
                 debt_offset, currency, released_by, created_at
            FROM releases WHERE milestone_id IN (${MY_MILESTONES})`,
    money: ['amount', 'fee', 'net', 'debt_offset'],
  },
  {
    name: 'payouts',
    about: 'Payouts to you.',
    tables: ['payouts'],
    sql: `SELECT p.transaction_id AS id, p.release_id, p.payout_account_id, p.state, p.not_before,
                 p.returned_amount, p.chargeback_id, p.repays_id, t.currency
            FROM payouts p JOIN transactions t ON t.id = p.transaction_id WHERE p.user_id = :userId`,
    money: ['returned_amount'],
  },
  {
    name: 'payout_accounts',
    about: 'Where you are paid, also those that you removed.',
    tables: ['payout_accounts'],
    sql: `SELECT id, payment_provider, destination, country, status, requirements, last_bank_payout, is_default,
                 created_at, updated_at, deleted_at
            FROM payout_accounts WHERE user_id = :userId`,
  },
  {
    name: 'refund_requests',
    about: 'Refunds that were asked for in your projects.',
    tables: ['refund_requests'],
    sql: `SELECT id, milestone_id, requested_by, amount, currency, reason, immediate, status, respond_by,
                 decided_by, decided_at, transaction_id, dispute_id, created_at
            FROM refund_requests WHERE milestone_id IN (${MY_MILESTONES})`,
    money: ['amount'],
  },
  {
    name: 'chargebacks',
    about: "Payments of your projects that were disputed with the payer's bank.",
    tables: ['chargebacks'],
    sql: `SELECT c.id, c.rail, c.deposit_id, c.amount, c.currency, c.state, c.reason, c.opened_at, c.closed_at
            FROM chargebacks c
            JOIN transactions t ON t.id = c.deposit_id
            JOIN escrow_accounts e ON e.id = t.escrow_account_id
           WHERE e.project_id IN (${MINE})`,
    money: ['amount'],
  },
  {
    name: 'claw_backs',
    about: 'What was taken back of payouts to you for a debt.',
    tables: ['claw_backs'],
    sql: `SELECT c.id, c.chargeback_id, c.payout_id, c.amount, c.currency, c.state, c.created_at, c.settled_at
            FROM claw_backs c JOIN payouts p ON p.transaction_id = c.payout_id WHERE p.user_id = :userId`,
    money: ['amount'],
  },
  {
    name: 'debt_write_offs',
    about: 'Debts that you were forgiven.',
    tables: ['debt_write_offs'],
    sql: `SELECT w.id, w.chargeback_id, w.amount, w.currency, w.created_at
            FROM debt_write_offs w
            JOIN chargebacks c ON c.id = w.chargeback_id
            JOIN transactions t ON t.id = c.deposit_id
            JOIN escrow_accounts e ON e.id = t.escrow_account_id
            JOIN projects p ON p.id = e.project_id
           WHERE p.freelancer_id = :userId`,
    money: ['amount'],
  },
  {
    name: 'notifications',
    about: 'What we told you.',
    tables: ['notifications'],
    sql: `SELECT id, seq, kind, title, body, data, read_at, mailed_at, created_at
            FROM notifications WHERE user_id = :userId`,
  },
  {
    name: 'notification_preferences',
    about: 'What you want mail about; what is not listed is as it was in the beginning.',
    tables: ['notification_preferences'],
    sql: `SELECT md5(category)::uuid AS id, category, email, updated_at
            FROM notification_preferences WHERE user_id = :userId`,
  },
  {
    name: 'exports',
    about: 'Exports like this one that you asked for.',
    tables: ['data_exports'],
    sql: `SELECT id, state, size, created_at, ready_at, expires_at
            FROM data_exports WHERE user_id = :userId`,
  },
]
