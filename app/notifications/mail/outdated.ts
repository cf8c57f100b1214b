import db from '@adonisjs/lucid/services/db'
import type Notification from '#models/notification'
import type { NotificationKind } from '#notifications/catalogue'

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
