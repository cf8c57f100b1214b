import { BaseMail } from '@adonisjs/mail'
import type Staff from '#models/staff'

/** What somebody who works here is told of their own sign-in, so that nobody else does it unseen. */
const NOTICES = {
  locked_out: {
    subject: 'Somebody tried to sign in to the console as you',
    paragraphs: [
      'a wrong password or code was given for your account at the console several times in a row. For some minutes nothing is taken there any more; where you have signed in before, you still can.',
      'If it was not you, change your password if anybody might know it, and tell an admin.',
    ],
  },
  new_network: {
    subject: 'Signed in to the console from somewhere new',
    paragraphs: [
      'somebody signed in to the console as you just now, with your password and second factor, from a network that you have not signed in from before.',
      'If it was not you, ask an admin at once to reset your account: that ends every session.',
    ],
  },
  credentials_changed: {
    subject: 'How you sign in to the console was changed',
    paragraphs: [
      'your password, your passkeys, your authenticator app or your recovery codes of the console were changed just now. All other sessions of yours have ended.',
      'If it was not you, ask an admin at once to reset your account.',
    ],
  },
  own_access: {
    subject: 'Your access to the console was changed',
    paragraphs: [
      'all your sessions at the console have ended, and somebody else did that:',
      'If you were not told of it before, ask another admin at once.',
    ],
  },
  colleague_access: {
    subject: "A colleague's access to the console was changed",
    paragraphs: [
      'you get this because you are an admin, so that nobody lets people in unseen:',
      'The audit log of the console says why. If it should not be, disable the account there.',
    ],
  },
  recovery_code_used: {
    subject: 'A recovery code of yours was used at the console',
    paragraphs: [
      'one of your recovery codes was used in place of a code from your authenticator app. It does not work again.',
      'If it was not you, ask an admin at once to reset your account: that ends every session.',
    ],
  },
} as const

export type StaffNotice = keyof typeof NOTICES

export default class StaffNoticeMail extends BaseMail {
  constructor(
    private staff: Staff,
    private notice: StaffNotice,
    /** Who did what; it stands after the first paragraph. */
    private about?: string
  ) {
    super()
  }

  prepare() {
    const { subject, paragraphs } = NOTICES[this.notice]
    const [first, ...rest] = paragraphs
    const told = this.about ? [first, this.about, ...rest] : paragraphs
    const words = { title: subject, name: this.staff.name, paragraphs: told }
    this.message
      .to(this.staff.email)
      .subject(subject)
      .htmlView('emails/security_notice_html', words)
      .textView('emails/security_notice_text', words)
  }
}
