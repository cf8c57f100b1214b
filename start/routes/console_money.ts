import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'

const Chargebacks = () => import('#controllers/console/chargebacks_controller')
const Dashboard = () => import('#controllers/console/dashboard_controller')
const Ledger = () => import('#controllers/console/ledger_controller')
const Treasury = () => import('#controllers/console/treasury_controller')
const Transactions = () => import('#controllers/console/transactions_controller')

/** What the console shows of money: the ledger, transactions, and what they add up to. */
export function moneyPages() {
  const read = middleware.may({ action: 'console.read' })

  router.get('/', [Dashboard, 'show']).use(read)

  router.get('transactions', [Transactions, 'index']).use(read)
  router.get('transactions/:id', [Transactions, 'show']).use(read)
  router.get('transactions/:id/provider', [Transactions, 'provider']).use(read)
  router.get('chargebacks', [Chargebacks, 'index']).use(read)
  router.get('chargebacks/:id', [Chargebacks, 'show']).use(read)

  const answer = middleware.may({ action: 'chargeback.answer' })
  router.post('transactions/:id/clear-dispute', [Transactions, 'clearDispute']).use(answer)
  router.post('chargebacks/:id/evidence', [Chargebacks, 'submitEvidence']).use(answer)

  router.get('treasury', [Treasury, 'show']).use(read)
  router
    .post('treasury/movements', [Treasury, 'record'])
    .use(middleware.may({ action: 'treasury.record' }))
  router
    .post('treasury/refunds/:id/retry', [Treasury, 'retryRefund'])
    .use(middleware.may({ action: 'refund.retry' }))
  router
    .post('treasury/refunds/:id/pay-by-hand', [Treasury, 'payByHand'])
    .use(middleware.may({ action: 'refund.pay_by_hand' }))
  router
    .post('treasury/deposits/:id/adopt', [Treasury, 'adopt'])
    .use(middleware.may({ action: 'refund.adopt' }))
  router
    .post('treasury/debts/:id/claw-back', [Treasury, 'clawBack'])
    .use(middleware.may({ action: 'debt.claw_back' }))
  router
    .post('treasury/debts/:id/write-off', [Treasury, 'writeOff'])
    .use(middleware.may({ action: 'debt.write_off' }))
  router
    .post('treasury/corrections', [Treasury, 'correct'])
    .use(middleware.may({ action: 'entry.propose' }))

  router.get('ledger', [Ledger, 'index']).use(read)
  router.get('ledger/accounts', [Ledger, 'accounts']).use(read)
  router.get('ledger/accounts/:name/:currency', [Ledger, 'account']).use(read)
  router.get('ledger/entries', [Ledger, 'entries']).use(read)
  router.get('ledger/entries/:id', [Ledger, 'entry']).use(read)
}
