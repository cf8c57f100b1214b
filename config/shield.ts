import app from '@adonisjs/core/services/app'
import { defineConfig } from '@adonisjs/shield'

/** While pages are being made, Vite hands out styles and scripts itself, and says what has changed. */
const viteServes = app.inDev && process.env.DEV_MODE !== undefined

/**
 * What the console's pages may do: nothing but with our own scripts and styles. A nonce covers what a library
 * of ours adds while it runs. The API has no pages and takes none of this.
 */
const shieldConfig = defineConfig({
  csp: {
    enabled: true,
    directives: {
      defaultSrc: [`'none'`],
      scriptSrc: [`'self'`, '@nonce', ...(viteServes ? ['@viteUrl'] : [])],
      styleSrc: [`'self'`, ...(viteServes ? [`'unsafe-inline'`] : ['@nonce'])],
      imgSrc: [`'self'`, 'data:'],
      fontSrc: [`'self'`],
      connectSrc: [`'self'`, ...(viteServes ? ['ws:', 'wss:'] : [])],
      frameSrc: [`'self'`],
      objectSrc: [`'none'`],
      baseUri: [`'none'`],
      formAction: [`'self'`],
      frameAncestors: [`'self'`],
    },
    reportOnly: false,
  },
  csrf: {
    enabled: true,
    exceptRoutes: [],
    enableXsrfCookie: false,
    methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  },
  // A page of ours shows a party's file in a frame of its own; nobody else frames anything.
  xFrame: { enabled: true, action: 'SAMEORIGIN' },
  hsts: { enabled: app.inProduction, maxAge: '180 days' },
  contentTypeSniffing: { enabled: true },
})

export default shieldConfig
