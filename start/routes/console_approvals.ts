import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'

const Approvals = () => import('#controllers/console/approvals_controller')

/** What takes two people. Which role may decide is the kind's business; the operation asks for that. */
export function approvalPages() {
  const read = middleware.may({ action: 'console.read' })
  const decide = middleware.may({ action: 'dispute.approve' })

  router.get('approvals', [Approvals, 'index']).use(read)
  router.get('approvals/:id', [Approvals, 'show']).use(read)
  router.post('approvals/:id/approve', [Approvals, 'approve']).use(decide)
  router.post('approvals/:id/refuse', [Approvals, 'refuse']).use(decide)
  router.post('approvals/:id/withdraw', [Approvals, 'withdraw']).use(decide)
}
