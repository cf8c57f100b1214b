/** `npm run dev`: the surroundings of the demo on data of their own, with code that reloads. */
import { once } from 'node:events'
import { consoleSignIn, showCodeOnEnter } from './demo/console_sign_in.js'
import { ace } from './surroundings/processes.js'
import { startSurroundings } from './surroundings/start.js'
import { untilDone } from './surroundings/until_done.js'
import { waitForOk } from './surroundings/wait.js'

const unknown = process.argv.slice(2)
if (unknown.length > 0) {
  console.error(`dev: unknown argument ${unknown.join(' ')}. There are none.`)
  process.exit(2)
}

await untilDone(async (run) => {
  const surroundings = await startSurroundings(run, 'dev', { echo: true, filled: true })
  const { processes, url, sandboxUrl, databaseUrl, env } = surroundings
  processes.start('web', ace('serve', '--hmr', '--no-clear'))
  processes.start('worker', [
    process.execPath,
    '--watch',
    '--watch-preserve-output',
    'ace.js',
    'queue:work',
  ])
  await waitForOk(`${url}/health/live`, { interrupted: run.interrupted })
  console.log(`${consoleSignIn(url)}

  API              ${url}/api
  Documentation    ${url}/docs
  Stripe sandbox   ${sandboxUrl}
  PayPal sandbox   ${env.PAYPAL_API_BASE}
  PostgreSQL       ${databaseUrl}
  E-mails          ${env.MAIL_DIR}

Ctrl-C stops everything.
`)
  showCodeOnEnter(run.interrupted)
  if (!run.interrupted.aborted) await once(run.interrupted, 'abort')
  return 0
})
