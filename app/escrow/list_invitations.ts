import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import Invitation, { type InvitationStatus } from '#models/invitation'
import type User from '#models/user'

/**
 * The invitations that a client sent, or that a freelancer got. Whoever registers with an address
 * that is not theirs gets to see nothing of what was sent there until the address is verified.
 */
export function invitationsOf(
  user: User,
  status?: InvitationStatus | 'expired'
): ModelQueryBuilderContract<typeof Invitation> {
  const query = describedInvitations()
  if (user.userType === 'client') query.where('invited_by', user.id)
  else if (user.isVerified) query.where('email', user.email)
  else query.whereRaw('false')

  if (status === 'expired') query.where('status', 'pending').whereRaw('expires_at <= now()')
  else if (status === 'pending') query.where('status', 'pending').whereRaw('expires_at > now()')
  else if (status) query.where('status', status)
  return query
}

/** Invitations with all that their transformer shows. */
export function describedInvitations(): ModelQueryBuilderContract<typeof Invitation> {
  const query = Invitation.query()
  return query
    .select('*')
    .select(query.client.raw('expires_at <= now() AS expired'))
    .preload('project', (project) =>
      project
        .preload('clientUser')
        .preload('milestones', (milestones) =>
          milestones.whereRaw(`closed_reason IS DISTINCT FROM 'removed'`).orderBy('id')
        )
    )
}
