import app from '@adonisjs/core/services/app'
import { defineConfig } from '@adonisjs/shield'

/** While pages are being made, Vite hands out styles and scripts itself, and says what has changed. */
const viteServes = app.inDev && process.env.DEV_MODE !== undefined

/** What any page of ours may do: nothing but with what is our own. Nothing is written into a page to be run. */
const OURS = {
  defaultSrc: [`'none'`],
  scriptSrc: [`'self'`],
  styleSrc: [`'self'`, ...(viteServes ? [`'unsafe-inline'`] : [])],
  imgSrc: [`'self'`, 'data:'],
  fontSrc: [`'self'`],
  connectSrc: [`'self'`, ...(viteServes ? ['ws:', 'wss:'] : [])],
  manifestSrc: [`'self'`],
  workerSrc: [`'self'`],
  objectSrc: [`'none'`],
  baseUri: [`'none'`],
  formAction: [`'self'`],
  frameAncestors: [`'none'`],
}

/** Of pages that anybody may see; those of the console have a nonce each, and shield writes theirs. */
export const PUBLIC_PAGE = written(OURS)

/** Of public pages that need no script. */
export const PAGE_WITHOUT_SCRIPTS = written({
  defaultSrc: OURS.defaultSrc,
  styleSrc: OURS.styleSrc,
  imgSrc: OURS.imgSrc,
  fontSrc: OURS.fontSrc,
  baseUri: OURS.baseUri,
  formAction: [`'none'`],
  frameAncestors: OURS.frameAncestors,
})

function written(directives: Record<string, string[]>): string {
  return Object.entries(directives)
    .map(([name, values]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      ...values,
    ])
    .map((words) => words.join(' '))
    .join('; ')
}

/**
 * The console's pages besides: a nonce covers what a library of ours adds while it runs, and a page shows a
 * party's file in a frame of its own. All other headers are those of `answer_headers.ts`.
 */
const shieldConfig = defineConfig({
  csp: {
    enabled: true,
    directives: {
      ...OURS,
      scriptSrc: [...OURS.scriptSrc, '@nonce', ...(viteServes ? ['@viteUrl'] : [])],
      styleSrc: [...OURS.styleSrc, ...(viteServes ? [] : ['@nonce'])],
      frameSrc: [`'self'`],
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
  xFrame: { enabled: false },
  hsts: { enabled: false },
  contentTypeSniffing: { enabled: false },
})

export default shieldConfig
