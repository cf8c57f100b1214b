import { BaseTransformer } from '@adonisjs/core/transformers'
import type Session from '#models/session'
import { isoTime } from '#transformers/serialize'

/** A sign-in on a device, as its owner sees it. */
export default class SessionTransformer extends BaseTransformer<Session> {
  /** @param currentId the session of who is looking */
  constructor(
    resource: Session,
    private currentId: string
  ) {
    super(resource)
  }

  toObject() {
    const session = this.resource
    return {
      id: session.id,
      user_agent: session.userAgent,
      ip: session.ip,
      created_at: isoTime(session.createdAt),
      last_used_at: isoTime(session.lastUsedAt),
      current: session.id === this.currentId,
    }
  }
}
