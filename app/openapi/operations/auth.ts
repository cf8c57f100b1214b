import { data, noContent, type Operations } from '#openapi/operation'
import {
  profileValidator,
  refreshValidator,
  registrationValidator,
  requestResetValidator,
  resetPasswordValidator,
  signInValidator,
  verifyEmailValidator,
} from '#validators/identity'
import { eitherOf } from '#openapi/request_schema'

export const authOperations: Operations = {
  'GET /api/terms': {
    summary: 'Show which terms are in force',
    description:
      'Show their text at `url` before somebody registers, and send their `version` as `terms_version`.',
    tag: 'Sign-in',
    who: 'anyone',
    answers: { 200: data('Terms', 'The terms in force.') },
  },
  'POST /api/auth/register': {
    summary: 'Register',
    description:
      'Makes an account and mails a link that proves the address; the link leads to the frontend’s `/verify-email?token=…`. Tokens come with the first [sign-in](#operation/authLogin).',
    tag: 'Sign-in',
    who: 'anyone',
    body: registrationValidator,
    answers: { 201: data('User', 'The account.') },
    problems: ['email_taken', 'terms_not_in_force', 'busy'],
  },
  'POST /api/auth/login': {
    summary: 'Sign in',
    description:
      'Keep both tokens: the access token is sent with every request, the refresh token gets the next pair.',
    tag: 'Sign-in',
    who: 'anyone',
    body: signInValidator,
    answers: { 200: data('SignedIn', 'Tokens, and whose they are.') },
    problems: ['invalid_credentials', 'busy'],
  },
  'POST /api/auth/refresh': {
    summary: 'Get new tokens',
    description:
      'A refresh token works once: store the new one before you use the new access token. The old one used again ends the session, except within a few seconds, for an answer that was lost.',
    tag: 'Sign-in',
    who: 'anyone',
    body: refreshValidator,
    answers: { 200: data('SignedIn', 'The next tokens.') },
    problems: ['invalid_refresh_token'],
  },
  'POST /api/auth/verify-email': {
    summary: 'Verify the e-mail address',
    description: 'With the token of the mailed link. It works once and expires.',
    tag: 'Sign-in',
    who: 'anyone',
    body: verifyEmailValidator,
    answers: { 200: data('User', 'The account, verified.') },
  },
  'POST /api/auth/verify-email/resend': {
    summary: 'Mail the verification link again',
    tag: 'Sign-in',
    who: 'signed in',
    answers: {
      202: data('Accepted', 'A mail is on its way, unless there were several within the hour.'),
    },
    problems: ['already_verified'],
  },
  'POST /api/auth/reset-password': {
    summary: 'Reset the password',
    description:
      'Two steps at one address. With `email` it asks for a link to the frontend’s `/reset-password?token=…`; the answer is the same whether there is such an account. With the link’s `token` and a `password` it sets the password and ends all sessions.',
    tag: 'Sign-in',
    who: 'anyone',
    body: eitherOf(requestResetValidator, resetPasswordValidator),
    answers: {
      202: data('Accepted', 'If there is such an account, a mail is on its way.'),
      204: noContent('The password is set. Sign in with it.'),
    },
    problems: ['busy'],
  },
  'POST /api/auth/logout': {
    summary: 'Sign out',
    description: 'Ends this session: its access token and its refresh token stop working at once.',
    tag: 'Sign-in',
    who: 'signed in',
    answers: { 204: noContent('The session has ended.') },
  },

  'GET /api/users/profile': {
    summary: 'Show your profile',
    tag: 'Profile',
    who: 'signed in',
    answers: { 200: data('Profile', 'The account with its profile.') },
  },
  'PUT /api/users/profile': {
    summary: 'Change your profile',
    description: 'Fields that are left out stay as they are.',
    tag: 'Profile',
    who: 'signed in',
    body: profileValidator,
    answers: { 200: data('Profile', 'The profile as it is now.') },
  },
}
