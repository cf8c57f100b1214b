import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const PayoutAccounts = () => import('#controllers/api/payout_accounts_controller')
const OnboardingLinks = () => import('#controllers/api/onboarding_links_controller')

api(() => {
  signedIn(() => {
    router
      .get('payments/payout-accounts', [PayoutAccounts, 'index'])
      .as('payout_accounts.index')
      .use(limits.list)
    router
      .post('payments/payout-accounts', [PayoutAccounts, 'store'])
      .as('payout_accounts.store')
      .use(limits.payment)
    router
      .put('payments/payout-accounts/:id', [PayoutAccounts, 'update'])
      .as('payout_accounts.update')
      .use(limits.payment)
    router
      .delete('payments/payout-accounts/:id', [PayoutAccounts, 'destroy'])
      .as('payout_accounts.destroy')
      .use(limits.payment)
    router
      .post('payments/payout-accounts/:id/onboarding-link', [OnboardingLinks, 'store'])
      .as('payout_accounts.onboarding_link')
      .use(limits.payment)
  })
})
