import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Approvals = () => import('#controllers/api/approvals_controller')
const Deposits = () => import('#controllers/api/deposits_controller')
const EscrowAccounts = () => import('#controllers/api/escrow_accounts_controller')
const Payouts = () => import('#controllers/api/payouts_controller')
const Quotes = () => import('#controllers/api/quotes_controller')
const Refunds = () => import('#controllers/api/refunds_controller')
const Releases = () => import('#controllers/api/releases_controller')
const Transactions = () => import('#controllers/api/transactions_controller')

api(() => {
  signedIn(() => {
    router
      .post('milestones/:id/approve', [Approvals, 'store'])
      .as('approvals.store')
      .use(limits.payment)

    router.get('payments/quote', [Quotes, 'show']).as('quotes.show').use(limits.quote)
    router.post('payments/deposit', [Deposits, 'store']).as('deposits.store').use(limits.payment)
    router.post('payments/release', [Releases, 'store']).as('releases.store').use(limits.payment)
    router.post('payments/refund', [Refunds, 'store']).as('refunds.store').use(limits.payment)
    router.get('payments/refunds', [Refunds, 'index']).as('refunds.index').use(limits.list)
    router.get('payments/refunds/:id', [Refunds, 'show']).as('refunds.show')
    router
      .post('payments/refunds/:id/accept', [Refunds, 'accept'])
      .as('refunds.accept')
      .use(limits.payment)
    router
      .post('payments/refunds/:id/decline', [Refunds, 'decline'])
      .as('refunds.decline')
      .use(limits.payment)
    router.get('payments/payouts', [Payouts, 'index']).as('payouts.index').use(limits.list)
    router
      .get('payments/transactions', [Transactions, 'index'])
      .as('transactions.index')
      .use(limits.list)
    router.get('payments/transactions/:id', [Transactions, 'show']).as('transactions.show')
    router
      .post('payments/transactions/:id/cancel', [Transactions, 'cancel'])
      .as('transactions.cancel')
      .use(limits.payment)
    router.get('payments/escrow/:project_id', [EscrowAccounts, 'show']).as('escrow_accounts.show')
  })
})
