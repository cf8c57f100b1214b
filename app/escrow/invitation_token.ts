import { createHmac } from 'node:crypto'
import { appKey } from '#config/app'
import { hashToken } from '#identity/opaque_tokens'

/**
 * The secret in an invitation's link. It is derived rather than drawn, so that the job which mails
 * it can make it again: neither the table nor the queue ever holds it.
 */
export function invitationToken(invitationId: string): string {
  return createHmac('sha256', appKey.release())
    .update(`invitation:${invitationId}`)
    .digest('base64url')
}

/** What the table keeps of it. */
export function invitationTokenHash(invitationId: string): string {
  return hashToken(invitationToken(invitationId))
}
