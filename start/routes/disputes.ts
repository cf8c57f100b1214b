import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn, uploads } from '#start/routes/groups'

const DisputeMessages = () => import('#controllers/api/dispute_messages_controller')
const Disputes = () => import('#controllers/api/disputes_controller')
const EqualSplits = () => import('#controllers/api/equal_splits_controller')
const Evidence = () => import('#controllers/api/evidence_controller')
const Offers = () => import('#controllers/api/offers_controller')

uploads(() => {
  signedIn(() => {
    router
      .post('disputes/:id/evidence', [Evidence, 'store'])
      .as('evidence.store')
      .use(limits.upload)
  })
})

api(() => {
  signedIn(() => {
    router
      .post('milestones/:id/disputes', [Disputes, 'store'])
      .as('disputes.store')
      .use(limits.write)
    router.get('disputes', [Disputes, 'index']).as('disputes.index').use(limits.list)
    router.get('disputes/:id', [Disputes, 'show']).as('disputes.show').use(limits.list)
    router.post('disputes/:id/answer', [Disputes, 'answer']).as('disputes.answer').use(limits.write)
    router
      .post('disputes/:id/escalate', [Disputes, 'escalate'])
      .as('disputes.escalate')
      .use(limits.write)
    router
      .post('disputes/:id/withdraw', [Disputes, 'withdraw'])
      .as('disputes.withdraw')
      .use(limits.write)
    router
      .get('disputes/:id/messages', [DisputeMessages, 'index'])
      .as('disputes.messages.index')
      .use(limits.list)
    router
      .post('disputes/:id/messages', [DisputeMessages, 'store'])
      .as('disputes.messages.store')
      .use(limits.message)
    router
      .get('evidence/:id/download', [Evidence, 'download'])
      .as('evidence.download')
      .use(limits.download)

    router.get('disputes/:id/offers', [Offers, 'index']).as('offers.index').use(limits.list)
    router.post('disputes/:id/offers', [Offers, 'store']).as('offers.store').use(limits.write)
    router.post('offers/:id/accept', [Offers, 'accept']).as('offers.accept').use(limits.payment)
    router.post('offers/:id/decline', [Offers, 'decline']).as('offers.decline').use(limits.write)
    router
      .post('disputes/:id/equal-split', [EqualSplits, 'store'])
      .as('equal_splits.store')
      .use(limits.payment)
    router
      .delete('disputes/:id/equal-split', [EqualSplits, 'destroy'])
      .as('equal_splits.destroy')
      .use(limits.write)
  })
})
