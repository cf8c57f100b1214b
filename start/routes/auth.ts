import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const EmailVerifications = () => import('#controllers/api/email_verifications_controller')
const PasswordResets = () => import('#controllers/api/password_resets_controller')
const Profiles = () => import('#controllers/api/profiles_controller')
const Registrations = () => import('#controllers/api/registrations_controller')
const Terms = () => import('#controllers/api/terms_controller')
const Sessions = () => import('#controllers/api/sessions_controller')

api(() => {
  router.get('terms', [Terms, 'show']).as('terms.show')
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

  signedIn(() => {
    router.post('auth/logout', [Sessions, 'destroy']).as('auth.logout')
    router
      .post('auth/verify-email/resend', [EmailVerifications, 'resend'])
      .as('auth.resend')
      .use(limits.resend)
    router.get('users/profile', [Profiles, 'show']).as('profile.show')
    router.put('users/profile', [Profiles, 'update']).as('profile.update').use(limits.write)
  })
})
