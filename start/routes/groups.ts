import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { generalLimits, limits } from '#start/limiter'

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
      middleware.noCards(),
      middleware.initializeAuth(),
    ])
}

/** Like `api`, for routes that take a file: their body is read by `receiveFile`, as it comes in. */
export function uploads(callback: () => void) {
  return router
    .group(callback)
    .prefix('/api')
    .as('api')
    .use([
      generalLimits.perIp,
      middleware.noQuery(),
      middleware.noCards(),
      middleware.initializeAuth(),
    ])
}

/** Inside `api`: routes for who is signed in. `auth.getUserOrFail()` is the user, `bouncer` knows them. */
export function signedIn(callback: () => void) {
  return router
    .group(callback)
    .use([middleware.auth(), generalLimits.perAccount, middleware.bouncer()])
}

/** Pages of the console, which anybody may ask for: signing in, and no more. */
export function consolePages(callback: () => void) {
  return router.group(callback).prefix('/console').as('console').use([
    limits.console,
    middleware.noQuery(),
    middleware.body(),
    // Before the session, which keeps what was typed into a form that is refused.
    middleware.noCards(),
    middleware.session(),
    middleware.shield(),
    middleware.consolePage(),
  ])
}

/**
 * Inside `consolePages`: for staff. `ctx.staff` says who it is; every route says by `middleware.may` which line
 * of the table of actions it belongs to.
 */
export function staffOnly(callback: () => void) {
  return router.group(callback).use(middleware.staff())
}
