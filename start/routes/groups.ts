import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { generalLimits } from '#start/limiter'

/**
 * The routes of the JSON API: every one of them gets this stack and no more. No session, no CSRF, no
 * views; a token in a header is sent on purpose, so there is nothing to forge.
 */
export function api(callback: () => void) {
  return router
    .group(callback)
    .prefix('/api')
    .as('api')
    .use([
      generalLimits.perIp,
      middleware.noQuery(),
      middleware.json(),
      middleware.body(),
      middleware.parsedBody(),
      middleware.initializeAuth(),
    ])
}

/** Like `api`, for routes that take a file: their body is read by `receiveFile`, as it comes in. */
export function uploads(callback: () => void) {
  return router
    .group(callback)
    .prefix('/api')
    .as('api')
    .use([generalLimits.perIp, middleware.noQuery(), middleware.initializeAuth()])
}

/** Inside `api`: routes for who is signed in. `auth.getUserOrFail()` is the user, `bouncer` knows them. */
export function signedIn(callback: () => void) {
  return router
    .group(callback)
    .use([middleware.auth(), generalLimits.perAccount, middleware.bouncer()])
}
