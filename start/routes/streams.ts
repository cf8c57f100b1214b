import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { generalLimits, limits } from '#start/limiter'

const Streams = () => import('#controllers/api/streams_controller')

/** Where `@adonisjs/transmit-client` looks for them, which is not below `/api`. */
router
  .group(() => {
    router.get('events', [Streams, 'show']).as('show')
    router.post('subscribe', [Streams, 'subscribe']).as('subscribe')
    router.post('unsubscribe', [Streams, 'unsubscribe']).as('unsubscribe')
  })
  .prefix('/__transmit')
  .as('streams')
  .use([
    generalLimits.perIp,
    middleware.noQuery(),
    middleware.json(),
    middleware.body(),
    middleware.parsedBody(),
    middleware.noCards(),
    middleware.initializeAuth(),
    middleware.auth(),
    limits.stream,
  ])
