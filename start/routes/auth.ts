import router from '@adonisjs/core/services/router'
import { PROVIDERS } from '#identity/oauth/providers'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Devices = () => import('#controllers/api/devices_controller')
const EmailChanges = () => import('#controllers/api/email_changes_controller')
const EmailVerifications = () => import('#controllers/api/email_verifications_controller')
const Identities = () => import('#controllers/api/identities_controller')
const Mfa = () => import('#controllers/api/mfa_controller')
const Oauth = () => import('#controllers/api/oauth_controller')
const Passwords = () => import('#controllers/api/passwords_controller')
const PasswordResets = () => import('#controllers/api/password_resets_controller')
const Profiles = () => import('#controllers/api/profiles_controller')
const Registrations = () => import('#controllers/api/registrations_controller')
const Terms = () => import('#controllers/api/terms_controller')
const Sessions = () => import('#controllers/api/sessions_controller')

api(() => {
  router.get('terms', [Terms, 'show']).as('terms.show').use(limits.page)
  router.post('auth/register', [Registrations, 'store']).as('auth.register').use(limits.register)
  router.post('auth/login', [Sessions, 'store']).as('auth.login').use(limits.login)
  router.post('auth/refresh', [Sessions, 'update']).as('auth.refresh').use(limits.refresh)
  router
    .post('auth/verify-email', [EmailVerifications, 'store'])
    .as('auth.verify_email')
    .use(limits.verifyEmail)
  router
    .post('auth/reset-password', [PasswordResets, 'store'])
    .as('auth.reset_password')
    .use(limits.resetPassword)
  router.post('auth/mfa/verify', [Mfa, 'verify']).as('auth.mfa.verify').use(limits.mfa)
  router
    .post('auth/change-email/confirm', [EmailChanges, 'confirm'])
    .as('auth.confirm_email_change')
    .use(limits.verifyEmail)

  const provider = new RegExp(`^(${PROVIDERS.join('|')})$`)
  router.get('auth/oauth', [Oauth, 'index']).as('auth.oauth.index').use(limits.oauth)
  router
    .get('auth/oauth/:provider', [Oauth, 'redirect'])
    .where('provider', provider)
    .as('auth.oauth.redirect')
    .use(limits.oauth)
  router
    .get('auth/oauth/:provider/callback', [Oauth, 'callback'])
    .where('provider', provider)
    .as('auth.oauth.callback')
    .use(limits.oauth)
  router
    .post('auth/oauth/exchange', [Oauth, 'exchange'])
    .as('auth.oauth.exchange')
    .use(limits.oauth)

  signedIn(() => {
    router
      .post('auth/oauth/link/confirm', [Identities, 'store'])
      .as('auth.identities.store')
      .use(limits.oauth)
    router
      .get('auth/identities', [Identities, 'index'])
      .as('auth.identities.index')
      .use(limits.list)
    router
      .delete('auth/identities/:id', [Identities, 'destroy'])
      .as('auth.identities.destroy')
      .use(limits.write)
    router.post('auth/logout', [Sessions, 'destroy']).as('auth.logout')
    router
      .post('auth/verify-email/resend', [EmailVerifications, 'resend'])
      .as('auth.resend')
      .use(limits.resend)
    router
      .post('auth/change-password', [Passwords, 'update'])
      .as('auth.change_password')
      .use(limits.credentials)
    router
      .post('auth/change-email', [EmailChanges, 'store'])
      .as('auth.change_email')
      .use(limits.credentials)

    router.get('auth/sessions', [Devices, 'index']).as('auth.sessions.index').use(limits.list)
    router
      .delete('auth/sessions', [Devices, 'destroyOthers'])
      .as('auth.sessions.destroy_others')
      .use(limits.write)
    router
      .delete('auth/sessions/:id', [Devices, 'destroy'])
      .as('auth.sessions.destroy')
      .use(limits.write)

    router.get('auth/mfa', [Mfa, 'show']).as('auth.mfa.show')
    router.post('auth/mfa/enroll', [Mfa, 'enroll']).as('auth.mfa.enroll').use(limits.credentials)
    router.post('auth/mfa/confirm', [Mfa, 'confirm']).as('auth.mfa.confirm').use(limits.mfa)
    router
      .post('auth/mfa/recovery-codes', [Mfa, 'recoveryCodes'])
      .as('auth.mfa.recovery_codes')
      .use(limits.credentials)
    router.post('auth/mfa/disable', [Mfa, 'disable']).as('auth.mfa.disable').use(limits.credentials)

    router.get('users/profile', [Profiles, 'show']).as('profile.show')
    router.put('users/profile', [Profiles, 'update']).as('profile.update').use(limits.write)
  })
})
