import { BaseMail } from '@adonisjs/mail'
import { frontendLink } from '#identity/links'
import { formatMinor } from '#ledger/money'
import type Invitation from '#models/invitation'

/** Needs `inviter` and `project` to be loaded. */
export default class InvitationMail extends BaseMail {
  constructor(
    private invitation: Invitation,
    private token: string
  ) {
    super()
  }

  prepare() {
    const { email, inviter, project, expiresAt } = this.invitation
    const words = {
      inviter: inviter.displayName,
      project: project.title,
      amount: `${formatMinor(project.totalAmount, project.currency)} ${project.currency}`,
      link: frontendLink('/invitations/accept', this.token),
      until: expiresAt.toUTC().toISODate(),
    }
    this.message
      .to(email)
      .subject(`${words.inviter} invites you to a project`)
      .htmlView('emails/invitation_html', words)
      .textView('emails/invitation_text', words)
  }
}
