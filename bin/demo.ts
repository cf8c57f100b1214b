/**
 * `npm run demo`: the main job on real parts, told step by step. Stays up until Ctrl-C, with a
 * console that has something to show; with `--once` it ends after the JSON line, with 0 if everything added up; with `--provider` the money goes by PayPal or
 * Venmo.
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { consoleSignIn, showCodeOnEnter } from './demo/console_sign_in.js'
import { addUp } from './demo/figures.js'
import { printJournal } from './demo/journal.js'
import { playMainJob, type Played } from './demo/main_job.js'
import { demoProvider, PROVIDERS, type ProviderName } from './demo/providers.js'
import { Story } from './demo/story.js'
import { ace, script } from './surroundings/processes.js'
import { startSurroundings, type Surroundings } from './surroundings/start.js'
import { untilDone } from './surroundings/until_done.js'
import { waitForOk } from './surroundings/wait.js'

const options = readOptions()

await untilDone(async (run) => {
  const story = new Story()
  console.log(
    'Starting PostgreSQL, the sandboxes of Stripe and PayPal, the web server and a worker …'
  )
  if (!options.once) {
    console.log(
      'The first time, it is filled with three months of business, which takes a minute or two.'
    )
  }
  const surroundings = await startSurroundings(run, 'demo', { filled: !options.once })
  const { interrupted } = run
  surroundings.processes.start('worker', ace('queue:work'))
  await surroundings.processes.serve('web', script('bin/server.ts'), { interrupted })
  await waitForOk(`${surroundings.url}/health/ready`, { interrupted })

  story.heading('The main job')
  const provider = demoProvider(options.provider, surroundings)
  const played = await playMainJob(surroundings, provider, story, run.interrupted)
  const { summary, ledger } = await addUp(surroundings, played, story.steps)
  story.heading('The journal entries behind it')
  printJournal(ledger.lines, namesOf(played))
  console.log(`\n${JSON.stringify(summary)}`)

  if (options.once) return summary.ok ? 0 : 1
  showAddresses(surroundings, played)
  showCodeOnEnter(run.interrupted)
  if (!run.interrupted.aborted) await once(run.interrupted, 'abort')
  console.log('\nStopping …')
  return summary.ok ? 0 : 1
})

function readOptions(): { once: boolean; provider: ProviderName } {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        provider: { type: 'string', default: 'stripe' },
      },
    })
    const provider = PROVIDERS.find((name) => name === values.provider)
    if (!provider) throw new Error(`There is no provider ${values.provider}.`)
    return { once: values.once, provider }
  } catch (error) {
    console.error(`demo: ${(error as Error).message}`)
    console.error(`Usage: npm run demo -- [--once] [--provider ${PROVIDERS.join('|')}]`)
    process.exit(2)
  }
}

function namesOf({ client, freelancer, milestones }: Played): Map<string, string> {
  return new Map([
    [client.id, 'Clara'],
    [freelancer.id, 'Farid'],
    ...milestones.map(({ id }, index): [string, string] => [id, `milestone ${index + 1}`]),
  ])
}

function showAddresses(surroundings: Surroundings, { client, freelancer }: Played): void {
  console.log(`${consoleSignIn(surroundings.url)}

  API              ${surroundings.url}/api        (ready: ${surroundings.url}/health/ready)
  Documentation    ${surroundings.url}/docs       (OpenAPI: ${surroundings.url}/openapi.json)
  Stripe sandbox   ${surroundings.sandboxUrl}
  PayPal sandbox   ${surroundings.env.PAYPAL_API_BASE}
  PostgreSQL       ${surroundings.databaseUrl}
  E-mails          ${surroundings.env.MAIL_DIR}
  Logs             ${surroundings.logs}

  Sign in at POST ${surroundings.url}/api/auth/login with
    client         ${client.email}   ${client.password}
    freelancer     ${freelancer.email}   ${freelancer.password}

Operate it from another terminal: npm run ace -- reconcile:ledger
Ctrl-C stops everything.`)
}
