import router from '@adonisjs/core/services/router'
import server from '@adonisjs/core/services/server'
// Gives every request its `staff`.
import '#staff/staff_guard'

server.errorHandler(() => import('#exceptions/handler'))

server.use([
  // First, because the logger that the next one hands out carries the id.
  () => import('#middleware/request_id_middleware'),
  // Before whatever may refuse: an answer that says so is closed, too.
  () => import('#middleware/closed_answer_middleware'),
  () => import('#middleware/https_middleware'),
  () => import('#middleware/container_bindings_middleware'),
  () => import('#middleware/vary_by_origin_middleware'),
  () => import('@adonisjs/cors/cors_middleware'),
  // Only while pages are being made: Vite's own server, in this process.
  ...(process.env.DEV_MODE ? [() => import('@adonisjs/vite/vite_middleware')] : []),
])

/**
 * Nothing else runs on every route: the API wants neither session nor CSRF nor views (each costs it
 * dearly), and a webhook must be read raw.
 */
router.use([])

export const middleware = router.named({
  noQuery: () => import('#middleware/refuse_query_middleware'),
  json: () => import('#middleware/require_json_middleware'),
  body: () => import('@adonisjs/core/bodyparser_middleware'),
  noCards: () => import('#middleware/refuse_card_data_middleware'),
  parsedBody: () => import('#middleware/parse_json_middleware'),
  initializeAuth: () => import('#middleware/initialize_auth_middleware'),
  auth: () => import('#middleware/auth_middleware'),
  bouncer: () => import('#middleware/initialize_bouncer_middleware'),
  page: () => import('#middleware/page_middleware'),
  compressedAssets: () => import('#middleware/compressed_assets_middleware'),
  assets: () => import('@adonisjs/static/static_middleware'),
  session: () => import('@adonisjs/session/session_middleware'),
  shield: () => import('@adonisjs/shield/shield_middleware'),
  consolePage: () => import('#middleware/console_page_middleware'),
  staff: () => import('#middleware/staff_middleware'),
  may: () => import('#middleware/may_middleware'),
})
