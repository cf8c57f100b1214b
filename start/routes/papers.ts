import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Dashboards = () => import('#controllers/api/dashboards_controller')
const Statements = () => import('#controllers/api/statements_controller')
const Receipts = () => import('#controllers/api/receipts_controller')

/** What people read and file: overviews, receipts and statements. */
api(() => {
  signedIn(() => {
    router.get('users/dashboard', [Dashboards, 'show']).as('dashboard.show').use(limits.dashboard)
    router
      .get('payments/transactions/:id/receipt', [Receipts, 'show'])
      .as('receipts.show')
      .use(limits.receipt)
    router
      .get('payments/statement', [Statements, 'show'])
      .as('statements.show')
      .use(limits.statement)
  })
})
