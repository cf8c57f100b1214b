import db from '@adonisjs/lucid/services/db'
import type Notification from '#models/notification'
import { UNDECIDED } from '#escrow/disputes/in_dispute'
import type { DisputeStatus } from '#models/dispute'
import type { NotificationKind } from '#notifications/catalogue'

/** The dispute that was told of; conditions follow. */
const THE_DISPUTE = `SELECT 1 FROM disputes WHERE id = (CAST(:about AS jsonb) ->> 'dispute_id')::uuid`

/**
 * By kind, a query that finds a row when what was told is settled by now: an approved milestone is not
 * "ready for your review", however short ago it was. `:about` is the notification's data. The list in the
 * application keeps all that was told; a mail would have somebody act who has nothing to do.
 */
const OUTDATED: Partial<Record<NotificationKind, string>> = {
  'milestone.submitted': milestoneIsNot('submitted'),
  'milestone.rejected': milestoneIsNot('rejected'),
  'milestone.review_reminder': milestoneIsNot('submitted'),
  'proposal.opened': stateIsNot('proposals', 'proposal_id', 'status', 'open'),
  'refund.requested': stateIsNot('refund_requests', 'refund_request_id', 'status', 'requested'),
  'dispute.opened': disputeIsNot('open'),
  'dispute.answered': disputeIsNot('negotiating'),
  'dispute.offered': stateIsNot('dispute_offers', 'offer_id', 'status', 'open'),
  'dispute.offer_declined': disputeIsNot(...UNDECIDED),
  'dispute.split_chosen': splitIsNotChosen(),
  'dispute.split_lapsed': disputeIsNot(...UNDECIDED),
  'dispute.reminder': deadlineIsOver(),
  'dispute.escalated': disputeIsNot('escalated'),
  'dispute.additions_closed': additionsAreNot('closed'),
  'dispute.additions_opened': additionsAreNot('open'),
  'dispute.decision_proposed': disputeIsNot('decided'),
  'dispute.decision_dropped': disputeIsNot('escalated'),
  'payout_account.enabled': accountIsNot('enabled'),
  'payout_account.restricted': accountIsNot('restricted'),
  'payout_account.disabled': accountIsNot('disabled'),
}

/** Whether a notification tells what is not so any more, or was told anew since. */
export async function isOutdated({ id, kind, data }: Notification): Promise<boolean> {
  const query = OUTDATED[kind as NotificationKind]
  if (!query) return false
  const { rows } = await db.rawQuery(`${query} LIMIT 1`, { id, about: JSON.stringify(data) })
  return rows.length > 0
}

function stateIsNot(table: string, member: string, column: string, state: string): string {
  return `SELECT 1 FROM ${table}
           WHERE id = (CAST(:about AS jsonb) ->> '${member}')::uuid AND ${column} <> '${state}'`
}

function disputeIsNot(...states: DisputeStatus[]): string {
  return `${THE_DISPUTE} AND status NOT IN (${states.map((state) => `'${state}'`).join(', ')})`
}

function additionsAreNot(wanted: 'open' | 'closed'): string {
  const is = wanted === 'open' ? 'NOT NULL' : 'NULL'
  return `${THE_DISPUTE} AND (status <> 'escalated' OR additions_closed_at IS ${is})`
}

/** What is reminded of is the end of the time for an answer, or of that to agree. */
function deadlineIsOver(): string {
  return `${THE_DISPUTE} AND status <> CASE WHEN (CAST(:about AS jsonb) ->> 'unanswered')::boolean
                                            THEN 'open' ELSE 'negotiating' END`
}

/** By the other side of who was told. */
function splitIsNotChosen(): string {
  return `SELECT 1 FROM notifications told
            JOIN disputes d ON d.id = (told.data ->> 'dispute_id')::uuid
           WHERE told.id = :id
             AND (d.closed_at IS NOT NULL OR d.status = 'decided'
                  OR CASE d.opened_by WHEN told.user_id THEN d.respondent_splits_at
                                      ELSE d.opener_splits_at END IS NULL)`
}

/** Handed in, rejected and handed in again is told twice, and the second time counts. */
function milestoneIsNot(status: string): string {
  return `${stateIsNot('milestones', 'milestone_id', 'status', status)}
           UNION ALL
          SELECT 1 FROM notifications told JOIN notifications later
              ON later.user_id = told.user_id AND later.kind = told.kind AND later.seq > told.seq
             AND later.data ->> 'milestone_id' = told.data ->> 'milestone_id'
           WHERE told.id = :id`
}

function accountIsNot(status: string): string {
  const changed = stateIsNot('payout_accounts', 'payout_account_id', 'status', status)
  return `${changed}
           UNION ALL
          SELECT 1 FROM payout_accounts
           WHERE id = (CAST(:about AS jsonb) ->> 'payout_account_id')::uuid AND deleted_at IS NOT NULL`
}
