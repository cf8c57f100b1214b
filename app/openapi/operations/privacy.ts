import { data, noContent, page, type Operations } from '#openapi/operation'
import { pageValidator } from '#transformers/page'
import { erasureValidator } from '#validators/identity'

export const privacyOperations: Operations = {
  'POST /api/users/export': {
    summary: 'Ask for a copy of your data',
    description:
      'A zip of all that is known about you is prepared; a mail tells when it is ready. One at a time, a few a day.',
    tag: 'Profile',
    who: 'signed in',
    answers: { 202: data('DataExport', 'It is being prepared.') },
    problems: ['export_under_way', 'too_many_exports'],
  },
  'GET /api/users/exports': {
    summary: 'List your copies',
    description: 'Newest first. A `ready` one can be downloaded until `expires_at`.',
    tag: 'Profile',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('DataExport', 'A page of copies.') },
  },
  'GET /api/users/exports/:id/download': {
    summary: 'Get a link to a copy of your data',
    description: 'Send the browser to `url` before `expires_at`; it needs no token.',
    tag: 'Profile',
    who: 'signed in',
    answers: { 200: data('DownloadLink', 'The link.') },
    problems: ['wrong_state'],
  },
  'DELETE /api/users/profile': {
    summary: 'Delete your account',
    description:
      'Erases personal data and ends all sessions. The books keep what the law wants kept, without a name. Refused while money or work is open; `reasons` says what. It cannot be undone, so whatever a sign-in takes is asked for once more: the password, and a `code` or `recovery_code` where an authenticator app is in use.',
    tag: 'Profile',
    who: 'signed in',
    body: erasureValidator,
    answers: { 204: noContent('The account is gone.') },
    problems: ['erasure_refused', 'sign_in_again', 'too_many_codes', 'busy'],
  },
}
