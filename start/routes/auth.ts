import router from '@adonisjs/core/services/router'
import { api, signedIn } from '#start/routes/groups'

const Registrations = () => import('#controllers/api/registrations_controller')
const Sessions = () => import('#controllers/api/sessions_controller')

api(() => {
  router.post('auth/register', [Registrations, 'store']).as('auth.register')
  router.post('auth/login', [Sessions, 'store']).as('auth.login')

  signedIn(() => {
    router.post('auth/logout', [Sessions, 'destroy']).as('auth.logout')
  })
})
