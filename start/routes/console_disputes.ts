import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'

const Additions = () => import('#controllers/console/dispute_additions_controller')
const Disputes = () => import('#controllers/console/disputes_controller')
const Files = () => import('#controllers/console/dispute_files_controller')

/** Disputes, and how staff decide them. */
export function disputePages() {
  const read = middleware.may({ action: 'console.read' })
  const files = middleware.may({ action: 'evidence.read' })
  const decide = middleware.may({ action: 'dispute.decide' })
  const approve = middleware.may({ action: 'dispute.approve' })

  router.get('disputes', [Disputes, 'index']).use(read)
  router.get('disputes/:id', [Disputes, 'show']).use(read)
  router.get('disputes/:id/preview', [Disputes, 'preview']).use(read)
  router.post('disputes/:id/additions/close', [Additions, 'close']).use(decide)
  router.post('disputes/:id/additions/open', [Additions, 'open']).use(decide)
  router.post('disputes/:id/decision', [Disputes, 'decide']).use(decide)
  router.post('disputes/:id/decision/withdraw', [Disputes, 'withdraw']).use(decide)
  router.post('disputes/:id/decision/approve', [Disputes, 'approve']).use(approve)
  router.post('disputes/:id/decision/refuse', [Disputes, 'refuse']).use(approve)
  router.get('disputes/:id/evidence/:file', [Files, 'evidence']).use(files)
  router.get('disputes/:id/deliverables/:file', [Files, 'deliverable']).use(files)
}
