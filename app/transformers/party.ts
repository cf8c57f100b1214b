import type User from '#models/user'

export interface Party {
  id: string
  name: string
}

/** A side of a project as the other side sees it. */
export function partyOf(user: User): Party {
  return { id: user.id, name: user.displayName }
}
