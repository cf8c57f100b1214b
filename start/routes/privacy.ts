import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Erasures = () => import('#controllers/api/erasures_controller')

api(() => {
  signedIn(() => {
    router
      .delete('users/profile', [Erasures, 'store'])
      .as('profile.destroy')
      .use(limits.credentials)
  })
})
