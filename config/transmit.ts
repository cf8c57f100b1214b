import app from '@adonisjs/core/services/app'
import { defineConfig } from '@adonisjs/transmit'

/**
 * Transmit without a transport, with Redis or without: each web process hears from PostgreSQL of what
 * its streams are to carry (see `app/notifications/live/streams.ts`), so nothing has to be passed on.
 */
const transmitConfig = defineConfig({
  /**
   * Keeps proxies from closing a quiet stream, and is the time within which a stream ends whose session
   * has ended. Tests do not wait that long.
   */
  pingInterval: app.inTest ? 500 : 20_000,
  transport: null,
})

export default transmitConfig
