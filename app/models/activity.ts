import { ActivitySchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'

/** Who did it: a person with an account, our own clock, a payment provider, or our staff. */
export const ACTOR_TYPES = ['user', 'system', 'provider', 'staff'] as const
export type ActorType = (typeof ACTOR_TYPES)[number]

/** What it happened to. */
export const SUBJECT_TYPES = [
  'project',
  'milestone',
  'invitation',
  'proposal',
  'deliverable',
  'transaction',
  'refund_request',
  'dispute',
  'chargeback',
] as const
export type SubjectType = (typeof SUBJECT_TYPES)[number]

export default class Activity extends ActivitySchema {
  static table = 'activity'

  @column()
  declare subjectType: SubjectType

  @column()
  declare actorType: ActorType
}
