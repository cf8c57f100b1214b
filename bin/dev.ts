/** `npm run dev`: the surroundings of the demo on data of their own, with code that reloads. */
import { once } from 'node:events'
import { ace } from './surroundings/processes.js'
import { startSurroundings } from './surroundings/start.js'
import { untilDone } from './surroundings/until_done.js'

await untilDone(async (run) => {
  const surroundings = await startSurroundings(run, 'dev', { echo: true })
  const { processes, url, sandboxUrl, databaseUrl, env } = surroundings
  processes.start('web', ace('serve', '--hmr', '--no-clear'))
  processes.start('worker', [
    process.execPath,
    '--watch',
    '--watch-preserve-output',
    'ace.js',
    'queue:work',
  ])
  console.log(`
  API              ${url}/api
  Stripe sandbox   ${sandboxUrl}
  PostgreSQL       ${databaseUrl}
  E-mails          ${env.MAIL_DIR}

Ctrl-C stops everything.
`)
  if (!run.interrupted.aborted) await once(run.interrupted, 'abort')
  return 0
})
