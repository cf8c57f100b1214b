import { noContent, type Operations } from '#openapi/operation'
import { erasureValidator } from '#validators/privacy'

export const privacyOperations: Operations = {
  'DELETE /api/users/profile': {
    summary: 'Delete your account',
    description:
      'Erases personal data and ends all sessions. The books keep what the law wants kept, without a name. Refused while money or work is open. It cannot be undone, so the password is asked for once more.',
    tag: 'Profile',
    who: 'signed in',
    body: erasureValidator,
    answers: { 204: noContent('The account is gone.') },
    problems: ['wrong_password', 'erasure_refused', 'busy'],
  },
}
