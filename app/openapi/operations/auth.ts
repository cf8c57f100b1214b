import { data, noContent, page, redirect, type Operations } from '#openapi/operation'
import { PROVIDERS } from '#identity/oauth/providers'
import {
  beginOauthValidator,
  bothFactorsValidator,
  changeEmailValidator,
  changePasswordValidator,
  confirmEmailChangeValidator,
  confirmMfaValidator,
  enrollMfaValidator,
  exchangeCodeValidator,
  linkIdentityValidator,
  profileValidator,
  refreshValidator,
  registrationValidator,
  requestResetValidator,
  resetPasswordValidator,
  signInValidator,
  verifyEmailValidator,
  verifyMfaValidator,
} from '#validators/identity'
import { pageValidator } from '#transformers/page'
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
      'Makes an account and mails a link that proves the address; the link leads to the frontend’s `/verify-email#token=…`. Tokens come with the first [sign-in](#operation/authLogin).',
    tag: 'Sign-in',
    who: 'anyone',
    body: registrationValidator,
    answers: { 201: data('User', 'The account.') },
    problems: ['email_taken', 'terms_not_in_force', 'busy'],
  },
  'POST /api/auth/login': {
    summary: 'Sign in',
    description:
      'Keep both tokens: the access token is sent with every request, the refresh token gets the next pair. With `mfa_required` there are none yet: ask for a code of the authenticator app and [send it with the challenge](#operation/authMfaVerify).',
    tag: 'Sign-in',
    who: 'anyone',
    body: signInValidator,
    answers: { 200: data('SignIn', 'Tokens, and whose they are; or a challenge.') },
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
    description:
      'With the token of the mailed link. It works once and expires; used again, the answer is that the address is verified already.',
    tag: 'Sign-in',
    who: 'anyone',
    body: verifyEmailValidator,
    answers: { 200: data('User', 'The account, verified.') },
    problems: ['already_verified'],
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
      'Two steps at one address. With `email` it asks for a link to the frontend’s `/reset-password#token=…`; the answer is the same whether there is such an account. With the link’s `token` and a `password` it sets the password and ends all sessions.',
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

  'POST /api/auth/mfa/verify': {
    summary: 'Sign in with a code',
    description:
      'The second step for who uses an authenticator app: the `challenge` of the first one, with a `code` or a `recovery_code`.',
    tag: 'Sign-in',
    who: 'anyone',
    body: verifyMfaValidator,
    answers: { 200: data('SignIn', 'Tokens, and whose they are.') },
    problems: ['invalid_challenge', 'invalid_code', 'too_many_codes', 'mfa_unavailable'],
  },
  'GET /api/auth/mfa': {
    summary: 'Show whether codes are asked for',
    tag: 'Account security',
    who: 'signed in',
    answers: { 200: data('MfaStatus', 'The status.') },
  },
  'POST /api/auth/mfa/enroll': {
    summary: 'Begin with an authenticator app',
    description:
      'Show `qr_code` to be scanned, or `secret` to be typed; then [confirm](#operation/authMfaConfirm) with the first code. Until then nothing changes. Takes the password of an account that has one; of one without, a sign-in within the last ten minutes.',
    tag: 'Account security',
    who: 'signed in',
    body: enrollMfaValidator,
    bodyOptional: true,
    answers: { 201: data('MfaEnrollment', 'What the app needs. It is not shown again.') },
    verified: true,
    problems: ['mfa_enabled', 'sign_in_again', 'busy'],
  },
  'POST /api/auth/mfa/confirm': {
    summary: 'Ask for codes from now on',
    description:
      'Ends all other sessions. Show the recovery codes: each signs in once without the app.',
    tag: 'Account security',
    who: 'signed in',
    body: confirmMfaValidator,
    answers: { 200: data('RecoveryCodes', 'Recovery codes. They are not shown again.') },
    problems: ['mfa_enabled', 'mfa_not_enrolled', 'mfa_unavailable'],
  },
  'POST /api/auth/mfa/recovery-codes': {
    summary: 'Get new recovery codes',
    description: 'With the password and a code. The old ones stop working.',
    tag: 'Account security',
    who: 'signed in',
    body: bothFactorsValidator,
    answers: { 200: data('RecoveryCodes', 'Recovery codes. They are not shown again.') },
    problems: ['mfa_not_enabled', 'sign_in_again', 'too_many_codes', 'busy', 'mfa_unavailable'],
  },
  'POST /api/auth/mfa/disable': {
    summary: 'Stop asking for codes',
    description: 'With the password and a code.',
    tag: 'Account security',
    who: 'signed in',
    body: bothFactorsValidator,
    answers: { 204: noContent('Codes are not asked for any more.') },
    problems: ['mfa_not_enabled', 'sign_in_again', 'too_many_codes', 'busy', 'mfa_unavailable'],
  },
  'POST /api/auth/change-password': {
    summary: 'Change the password',
    description: 'Ends all other sessions.',
    tag: 'Account security',
    who: 'signed in',
    body: changePasswordValidator,
    answers: { 204: noContent('The new password counts from now on.') },
    problems: ['no_password', 'busy'],
  },
  'POST /api/auth/change-email': {
    summary: 'Ask for another e-mail address',
    description:
      'Mails a link to both addresses, to the frontend’s `/confirm-email-change#token=…`; the change is made once both are [confirmed](#operation/authConfirmEmailChange). An address that was never verified need not confirm and gets no mail. The answer is the same whether the new address has an account. The session that asks goes on; the change ends all others.',
    tag: 'Account security',
    who: 'signed in',
    body: changeEmailValidator,
    answers: { 202: data('Accepted', 'Two mails are on their way.') },
    problems: ['no_password', 'busy', 'too_many_changes'],
  },
  'POST /api/auth/change-email/confirm': {
    summary: 'Confirm another e-mail address',
    description: 'With the token of one of the two mailed links.',
    tag: 'Account security',
    who: 'anyone',
    body: confirmEmailChangeValidator,
    answers: { 200: data('EmailChange', 'Whether the other address still has to confirm.') },
    problems: ['email_taken'],
  },
  'GET /api/auth/sessions': {
    summary: 'List your sessions',
    description: 'Every device that is signed in, newest first.',
    tag: 'Account security',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Session', 'The sessions.') },
  },
  'DELETE /api/auth/sessions': {
    summary: 'End all other sessions',
    tag: 'Account security',
    who: 'signed in',
    answers: { 204: noContent('Only this session is left.') },
  },
  'DELETE /api/auth/sessions/:id': {
    summary: 'End a session',
    description: 'Its tokens stop working at once.',
    tag: 'Account security',
    who: 'signed in',
    answers: { 204: noContent('It has ended.') },
  },

  'GET /api/auth/oauth': {
    summary: 'Show which providers sign in',
    description: 'Offer a button for each of them.',
    tag: 'Sign-in',
    who: 'anyone',
    answers: { 200: data('OauthProviders', 'The providers.') },
  },
  'GET /api/auth/oauth/:provider': {
    summary: 'Sign in at a provider',
    description:
      'Send the browser here, not a request of a script. It comes back to the frontend’s `/oauth/callback#provider=…` with a `code` to [trade in](#operation/authOauthExchange), or with an `error`: `access_denied`, `invalid_state`, `email_not_verified`, `provider_failed` or, for a failure of ours, `internal_error`. Send a `code_challenge` (base64url of the SHA-256 of a secret that you keep, RFC 7636), and the code can be traded in only with that secret: otherwise a link with a code of somebody else would sign your user in as them.',
    tag: 'Sign-in',
    who: 'anyone',
    params: { provider: { type: 'string', enum: [...PROVIDERS] } },
    query: beginOauthValidator,
    answers: { 302: redirect('To the provider.') },
    problems: ['provider_not_offered'],
  },
  'GET /api/auth/oauth/:provider/callback': {
    summary: 'Come back from a provider',
    description:
      'For the provider only: the address that is registered there. Whatever happened there, the browser goes on to the frontend.',
    tag: 'Sign-in',
    who: 'anyone',
    params: { provider: { type: 'string', enum: [...PROVIDERS] } },
    answers: { 302: redirect('To the frontend.') },
    problems: ['provider_not_offered'],
  },
  'POST /api/auth/oauth/exchange': {
    summary: 'Sign in with a provider’s code',
    description:
      'The `code` works once, for ten minutes; a refusal leaves it good. Who is new gets an account with the `user_type` that you send. An account that has the address already is not touched before its owner has signed in to it and [confirmed](#operation/authIdentitiesStore).',
    tag: 'Sign-in',
    who: 'anyone',
    body: exchangeCodeValidator,
    answers: { 200: data('SignIn', 'Tokens, and whose they are; or a challenge.') },
    problems: ['invalid_oauth_code', 'user_type_required', 'link_required', 'terms_not_in_force'],
  },
  'POST /api/auth/oauth/link/confirm': {
    summary: 'Link an account at a provider',
    description:
      'With the `code` that was answered with `link_required`. Both accounts must have the same address.',
    tag: 'Account security',
    who: 'signed in',
    body: linkIdentityValidator,
    answers: { 201: data('Identity', 'What signs in from now on, too.') },
    problems: ['invalid_oauth_code', 'other_address', 'identity_taken'],
  },
  'GET /api/auth/identities': {
    summary: 'List what else signs you in',
    description: 'Accounts at providers, newest first.',
    tag: 'Account security',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Identity', 'The accounts.') },
  },
  'DELETE /api/auth/identities/:id': {
    summary: 'Unlink an account at a provider',
    description: 'Except for the last way to sign in.',
    tag: 'Account security',
    who: 'signed in',
    answers: { 204: noContent('It signs nobody in any more.') },
    problems: ['last_sign_in'],
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
