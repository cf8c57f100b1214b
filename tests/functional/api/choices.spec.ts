import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { ACTOR_TYPES } from '#models/activity'
import { EXPORT_STATES } from '#models/data_export'
import { DISPUTE_STATUSES, ENDED_BECAUSE, ESCALATED_REASONS, SETTLED_HOW } from '#models/dispute'
import { OFFER_STATUSES } from '#models/dispute_offer'
import { INVITATION_STATUSES } from '#models/invitation'
import { CLOSED_REASONS, MILESTONE_STATUSES } from '#models/milestone'
import { PAYOUT_STATES } from '#models/payout'
import { PAYOUT_ACCOUNT_STATUSES } from '#models/payout_account'
import { PROJECT_STATUSES } from '#models/project'
import { PROPOSAL_KINDS, PROPOSAL_STATUSES } from '#models/proposal'
import { REFUND_REQUEST_STATUSES } from '#models/refund_request'
import { RELEASE_KINDS } from '#models/release'
import { REVIEWS } from '#models/submission'
import { PAYMENT_PROVIDERS, TRANSACTION_STATUSES, TRANSACTION_TYPES } from '#models/transaction'
import { USER_TYPES } from '#models/user'
import { PROVIDERS } from '#identity/oauth/providers'

const LISTS: [column: string, choices: readonly string[]][] = [
  ['activity.actor_type', ACTOR_TYPES],
  ['data_exports.state', EXPORT_STATES],
  ['dispute_offers.status', OFFER_STATUSES],
  ['disputes.ended_because', ENDED_BECAUSE],
  ['disputes.escalated_reason', ESCALATED_REASONS],
  ['disputes.settled_how', SETTLED_HOW],
  ['disputes.status', DISPUTE_STATUSES],
  ['identities.provider', PROVIDERS],
  ['invitations.status', INVITATION_STATUSES],
  ['milestones.closed_reason', CLOSED_REASONS],
  ['milestones.status', MILESTONE_STATUSES],
  ['payout_accounts.status', PAYOUT_ACCOUNT_STATUSES],
  ['payouts.state', PAYOUT_STATES],
  ['projects.status', PROJECT_STATUSES],
  ['proposals.kind', PROPOSAL_KINDS],
  ['proposals.status', PROPOSAL_STATUSES],
  ['refund_requests.status', REFUND_REQUEST_STATUSES],
  ['releases.kind', RELEASE_KINDS],
  ['submissions.review', REVIEWS],
  ['transactions.payment_provider', PAYMENT_PROVIDERS],
  ['transactions.status', TRANSACTION_STATUSES],
  ['transactions.transaction_type', TRANSACTION_TYPES],
  ['users.user_type', USER_TYPES],
]

test.group('API documentation | choices', () => {
  test('what the document lists for {0} is what the database takes')
    .with(LISTS)
    .run(async ({ assert }, [name, choices]) => {
      const [table, column] = name.split('.')
      const { rows } = await db.rawQuery(
        `SELECT pg_get_constraintdef(c.oid) AS rule
           FROM pg_constraint c
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
          WHERE c.contype = 'c' AND c.conrelid = ?::regclass AND a.attname = ?`,
        [table, column]
      )
      assert.lengthOf(rows, 1)
      const taken = [...rows[0].rule.matchAll(/'([^']*)'::text/g)].map(([, word]) => word)
      assert.sameMembers([...choices], taken)
    })
})
