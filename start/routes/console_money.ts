import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'

const Chargebacks = () => import('#controllers/console/chargebacks_controller')
const Dashboard = () => import('#controllers/console/dashboard_controller')
const Ledger = () => import('#controllers/console/ledger_controller')
const Transactions = () => import('#controllers/console/transactions_controller')

/** What the console shows of money: the ledger, transactions, and what they add up to. */
export function moneyPages() {
  const read = middleware.may({ action: 'console.read' })

  router.get('/', [Dashboard, 'show']).use(read)

  router.get('transactions', [Transactions, 'index']).use(read)
  router.get('transactions/:id', [Transactions, 'show']).use(read)
  router.get('transactions/:id/provider', [Transactions, 'provider']).use(read)
  router.get('chargebacks/:id', [Chargebacks, 'show']).use(read)

  const answer = middleware.may({ action: 'chargeback.answer' })
  router.post('transactions/:id/clear-dispute', [Transactions, 'clearDispute']).use(answer)
  router.post('chargebacks/:id/evidence', [Chargebacks, 'submitEvidence']).use(answer)

  router.get('ledger', [Ledger, 'index']).use(read)
  router.get('ledger/accounts', [Ledger, 'accounts']).use(read)
  router.get('ledger/accounts/:name/:currency', [Ledger, 'account']).use(read)
  router.get('ledger/entries', [Ledger, 'entries']).use(read)
  router.get('ledger/entries/:id', [Ledger, 'entry']).use(read)
}
