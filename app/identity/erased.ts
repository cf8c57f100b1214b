/** What everybody else sees where the name of somebody was who has deleted their account. */
export const ERASED_NAME = 'Deleted user'

/** The address that stands for one that was erased: unique, and of nobody (RFC 2606). */
export function erasedAddress(userId: string): string {
  return `deleted-${userId}@erased.invalid`
}

/** PostgreSQL's answer, by a trigger of migration 0013, to whatever is written for an erased user. */
export const USER_IS_ERASED = 'SU001'
