import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import { invitationToken } from '#escrow/invitation_token'
import InvitationMail from '#mails/invitation_mail'
import Invitation from '#models/invitation'

/** Mails an invitation's link, unless it was answered or revoked meanwhile. */
export const mailInvitation = defineJob<{ invitationId: string }>({
  name: 'mail_invitation',
  async handle({ invitationId }) {
    const invitation = await Invitation.query()
      .where('id', invitationId)
      .where('status', 'pending')
      .preload('inviter')
      .preload('project')
      .first()
    if (invitation) await mail.send(new InvitationMail(invitation, invitationToken(invitation.id)))
  },
})
