/**
 * Builds for production, installs what production installs, boots that, and has it do whatever reads a file
 * or loads a package only when it is needed: what a build leaves behind shows here.
 */
import { join } from 'node:path'
import { Collector } from '../../tests/support/collector.js'
import { playMainJob } from '../demo/main_job.js'
import { demoProvider } from '../demo/providers.js'
import { Story } from '../demo/story.js'
import { ace, script } from './processes.js'
import { checkConsole, checkDocuments, checkFiles, checkSite } from './production_checks.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'
import { waitForOk } from './wait.js'

await untilDone(async (run) => {
  const surroundings = await temporarySurroundings(run, 'production', 'production')
  const { processes, url } = surroundings
  const { interrupted } = run
  const cwd = join(root, 'build')
  const step = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const started = Date.now()
    const result = await work
    console.log(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
    return result
  }

  await step('build', processes.run('build', ace('build')))
  const install = ['npm', 'ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline']
  await step('production packages', processes.run('install', install, { cwd }))
  await step('migrate', processes.run('migrate', ace('migration:run', '--force'), { cwd }))
  // The outside world, which is not ours to build.
  await processes.serve('sandbox', script('sandbox/server.ts'), { interrupted })
  const collector = new Collector()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start() }
  run.atEnd(() => collector.stop())
  // The worker before the server: readiness may ask for it.
  processes.start('worker', ace('queue:work'), { cwd, env })
  await processes.serve('web', [process.execPath, 'bin/server.js'], { cwd, env, interrupted })
  await step('ready', waitForOk(`${url}/health/ready`, { interrupted }))
  console.log(`${url}/health/ready answers 200 with NODE_ENV=production`)

  await step('documents', checkDocuments(url))
  await step('console', checkConsole(url))
  await step('site', checkSite(url))
  const provider = demoProvider('stripe', surroundings)
  const { client } = await step(
    'the main job',
    playMainJob(surroundings, provider, new Story(), interrupted)
  )
  await step('telemetry', checkTelemetry(collector))
  await step('papers, pictures and files', checkFiles(url, client, interrupted))
  return 0
})

/** Both processes tell what they do: hooks into packages are another matter where nothing is compiled. */
async function checkTelemetry(collector: Collector): Promise<void> {
  await collector.span(({ name }) => name === 'POST /api/payments/deposit')
  await collector.span(({ name }) => name === 'job send_payout')
  await collector.span(({ attributes }) => attributes['db.system.name'] === 'postgresql')
  await collector.log(({ body }) => body === 'job done')
}
