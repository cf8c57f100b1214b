/** Builds for production, installs what production installs, and boots that. */
import { join } from 'node:path'
import { ace } from './processes.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'
import { waitForOk } from './wait.js'

await untilDone(async (run) => {
  const { processes, url } = await temporarySurroundings(run, 'production', 'production')
  const cwd = join(root, 'build')
  const step = async (what: string, work: Promise<unknown>) => {
    const started = Date.now()
    await work
    console.log(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
  }

  await step('build', processes.run('build', ace('build')))
  const install = ['npm', 'ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline']
  await step('production packages', processes.run('install', install, { cwd }))
  await step('migrate', processes.run('migrate', ace('migration:run', '--force'), { cwd }))
  // The worker before the server: readiness may ask for it.
  processes.start('worker', ace('queue:work'), { cwd })
  processes.start('web', [process.execPath, 'bin/server.js'], { cwd })
  await step('ready', waitForOk(`${url}/health/ready`, { interrupted: run.interrupted }))
  console.log(`${url}/health/ready answers 200 with NODE_ENV=production`)
  return 0
})
