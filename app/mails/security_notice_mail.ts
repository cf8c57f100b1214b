import { BaseMail } from '@adonisjs/mail'
import type User from '#models/user'

/** What the owner of an account is told, so that nobody else does it unseen: a subject and paragraphs. */
const NOTICES = {
  password_reset: {
    subject: 'Your password was changed',
    paragraphs: [
      'the password of your account was set anew just now by a link from your mailbox, and you were signed out on all devices.',
      'If it was not you, somebody can read your mail. Secure your mailbox first, then reset your password and write to us.',
    ],
  },
  password_changed: {
    subject: 'Your password was changed',
    paragraphs: [
      'the password of your account was changed just now, and you were signed out on all other devices.',
      'If it was not you, reset your password now: that ends every session. Then write to us.',
    ],
  },
  email_changed: {
    subject: 'Your e-mail address was changed',
    paragraphs: [
      'from now on your account has another e-mail address, as was confirmed from both. Nothing about it will be sent to this one any more.',
      'If it was not you, somebody can read your mail. Secure your mailbox, and write to us at once.',
    ],
  },
  mfa_enabled: {
    subject: 'Codes from your authenticator app are asked for now',
    paragraphs: [
      'signing in to your account takes a code from your authenticator app from now on, and you were signed out on all other devices. Keep your recovery codes in a safe place.',
      'If it was not you, somebody is signed in as you. Write to us at once.',
    ],
  },
  mfa_disabled: {
    subject: 'Codes from your authenticator app are not asked for any more',
    paragraphs: [
      'signing in to your account takes no code from an authenticator app any more.',
      'If it was not you, somebody is signed in as you. Reset your password now: that ends every session. Then write to us.',
    ],
  },
  mfa_wrong_codes: {
    subject: 'Somebody tried to sign in to your account',
    paragraphs: [
      'somebody signed in to your account up to the code from your authenticator app, and then gave wrong codes until we stopped them.',
      'If it was not you, they know your password or can use an account that you sign in with. Change that now.',
    ],
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    paragraphs: [
      'one of the recovery codes of your account was used in place of a code from your authenticator app. It does not work again.',
      'If it was not you, somebody has your recovery codes. Reset your password now, and write to us.',
    ],
  },
  identity_linked: {
    subject: 'Another way to sign in to your account',
    paragraphs: [
      'you can sign in to your account with {detail} from now on.',
      'If it was not you, reset your password now, and remove that way to sign in.',
    ],
  },
  identity_unlinked: {
    subject: 'A way to sign in to your account was removed',
    paragraphs: [
      'you cannot sign in to your account with {detail} any more.',
      'If it was not you, reset your password now: that ends every session. Then write to us.',
    ],
  },
  account_suspended: {
    subject: 'Your account is suspended',
    paragraphs: [
      'we have suspended your account: you were signed out on all devices and cannot sign in. Nothing of your money is lost. What runs goes on, and what you are to be paid waits until you are let back.',
      'Answer this mail to learn why, and what we need of you.',
    ],
  },
  account_let_back: {
    subject: 'Your account is open again',
    paragraphs: [
      'you can sign in to your account again. What you were to be paid in the meantime is on its way.',
      'If something is not as you left it, write to us.',
    ],
  },
  email_verified_by_staff: {
    subject: 'Your e-mail address was verified',
    paragraphs: [
      'our support has marked this address as yours, without the link that is mailed otherwise.',
      'If you have not asked for that, write to us.',
    ],
  },
  signed_out_by_staff: {
    subject: 'You were signed out on all devices',
    paragraphs: [
      'our support has ended all sessions of your account. You can sign in again at any time.',
      'If you have not asked for that, or were not told why, change your password and write to us.',
    ],
  },
} as const

export type SecurityNotice = keyof typeof NOTICES

export default class SecurityNoticeMail extends BaseMail {
  constructor(
    private user: User,
    private notice: SecurityNotice,
    private more: { to?: string; detail?: string } = {}
  ) {
    super()
  }

  prepare() {
    const { subject, paragraphs } = NOTICES[this.notice]
    const { to = this.user.email, detail = '' } = this.more
    const words = {
      title: subject,
      name: this.user.displayName,
      paragraphs: paragraphs.map((text) => text.replace('{detail}', () => detail)),
    }
    this.message
      .to(to)
      .subject(subject)
      .htmlView('emails/security_notice_html', words)
      .textView('emails/security_notice_text', words)
  }
}
