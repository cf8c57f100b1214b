import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SubjectType } from '#models/activity'

/** Who did it: a person with an account, our own clock, a payment provider, or our staff. */
export type Actor =
  { type: 'user' | 'staff'; id: string } | { type: 'system' | 'provider'; id?: undefined }

export const SYSTEM: Actor = { type: 'system' }
export const PROVIDER: Actor = { type: 'provider' }

/** The actor that a signed-in person is. */
export function actorOf(user: { id: string }): Actor {
  return { type: 'user', id: user.id }
}

export interface ActivityInput {
  projectId: string
  milestoneId?: string | null
  /** What it happened to: `{ type: 'transaction', id }`. */
  subject: { type: SubjectType; id: string }
  actor: Actor
  /** `<subject>.<verb in the past tense>`: `milestone.submitted`, `deposit.completed`. */
  action: string
  from?: string | null
  to?: string | null
  /** Ids, amounts as decimal strings, reasons. It is shown to both parties: no secrets. */
  details?: Record<string, unknown>
}

/**
 * Writes one line of a project's history. It takes the transaction of what it tells of, so that
 * history and state cannot disagree.
 */
export async function recordActivity(
  trx: TransactionClientContract,
  activity: ActivityInput
): Promise<void> {
  await trx.table('activity').insert({
    project_id: activity.projectId,
    milestone_id: activity.milestoneId ?? null,
    subject_type: activity.subject.type,
    subject_id: activity.subject.id,
    actor_type: activity.actor.type,
    actor_id: activity.actor.id ?? null,
    action: activity.action,
    from_status: activity.from ?? null,
    to_status: activity.to ?? null,
    details: JSON.stringify(activity.details ?? {}),
    // Not the column's default, which is the start of the transaction: lines written by one
    // transaction keep their order, and a wait for a lock shows.
    at: trx.raw('clock_timestamp()'),
  })
}
