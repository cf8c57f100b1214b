import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'

const Ledger = () => import('#controllers/console/ledger_controller')

/** What the console shows of money: the ledger, transactions, and what they add up to. */
export function moneyPages() {
  const read = middleware.may({ action: 'console.read' })

  router.get('ledger', [Ledger, 'index']).use(read)
  router.get('ledger/accounts', [Ledger, 'accounts']).use(read)
  router.get('ledger/accounts/:name/:currency', [Ledger, 'account']).use(read)
  router.get('ledger/entries', [Ledger, 'entries']).use(read)
  router.get('ledger/entries/:id', [Ledger, 'entry']).use(read)
}
