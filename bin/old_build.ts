/**
 * `npm run old-build`: runs the last release on the schema of this one. The old web server and worker do business
 * while the new migrations run, go on afterwards, alone and beside the new ones, and both prove the same books.
 * At last it checks itself: after a migration that takes something away, the old code must be found to fail.
 */
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { playMainJob } from './demo/main_job.js'
import { demoProvider, type ProviderName } from './demo/providers.js'
import { Story } from './demo/story.js'
import { readReleased } from './surroundings/migration_rules.js'
import { freePort } from './surroundings/ports.js'
import { ace, script, type Processes } from './surroundings/processes.js'
import { root, type Surroundings } from './surroundings/start.js'
import { temporarySurroundings } from './surroundings/temporary.js'
import { untilDone } from './surroundings/until_done.js'
import { waitForOk } from './surroundings/wait.js'

/** Takes away what the old code, and the new, read and write all the time. */
const DESTRUCTIVE = 'ALTER TABLE projects RENAME COLUMN title TO name'

const started = Date.now()

await untilDone(async (run) => {
  const surroundings = await temporarySurroundings(run, 'oldbuild', 'development')
  const { processes, dir, databaseUrl, env, url } = surroundings
  const { interrupted } = run
  const { release } = readReleased(root)
  const old = join(dir, 'old')
  step(`The release before: ${release.slice(0, 10)}`)
  await checkOut(release, old, processes)

  const inOld = { cwd: old }
  await processes.run(
    'old-migrate',
    ace('migration:run', '--no-schema-generate', '--compact-output'),
    inOld
  )
  await processes.serve('sandbox', script('sandbox/server.ts'), { interrupted, ...inOld })
  await processes.run(
    'float',
    ace('db:seed', '--files', 'database/seeders/opening_float_seeder.ts'),
    inOld
  )
  processes.start('old-worker', ace('queue:work'), inOld)
  await processes.serve('old-web', script('bin/server.ts'), { interrupted, ...inOld })
  const oldReady = () => waitForOk(`${url}/health/ready`, { interrupted, withinMs: 10_000 })
  await oldReady()
  const play = (where: Surroundings, name: ProviderName) =>
    playMainJob(where, demoProvider(name, where), silent(), interrupted)

  step('Business by the old code')
  await play(surroundings, 'stripe')

  step('The new migrations, while the old code is at work')
  await Promise.all([
    play(surroundings, 'paypal'),
    processes.run('new-migrate', ace('migration:run', '--no-schema-generate', '--compact-output')),
  ])
  await oldReady()

  step('The old code alone, on the new schema')
  await play(surroundings, 'stripe')

  step('Old and new side by side')
  const port = String(await freePort())
  const newUrl = `http://127.0.0.1:${port}`
  const inNew = { env: { PORT: port, APP_URL: newUrl } }
  processes.start('new-worker', ace('queue:work'), inNew)
  await processes.serve('new-web', script('bin/server.ts'), { interrupted, ...inNew })
  await waitForOk(`${newUrl}/health/ready`, { interrupted })
  const beside = { ...surroundings, url: newUrl }
  await Promise.all([play(surroundings, 'paypal'), play(beside, 'stripe')])
  await oldReady()

  step('Both prove the same books')
  await processes.run('old-ledger', ace('reconcile:ledger', '--json'), inOld)
  await processes.run('new-ledger', ace('reconcile:ledger', '--json'))
  const errors = errorsIn(dir)
  if (errors.length > 0) throw new Error(`Errors in the logs:\n${errors.slice(0, 10).join('\n')}`)

  step('A migration that takes something away is found')
  await query(databaseUrl, DESTRUCTIVE)
  const found = await play(surroundings, 'stripe').then(
    () => '',
    (error: Error) => error.message
  )
  if (!found)
    throw new Error(`The old code went on after "${DESTRUCTIVE}", so this check is blind.`)
  console.log(`     ${found.slice(0, 160)}`)
  console.log(`\n${JSON.stringify({ ok: true, release, seconds: seconds(), url: env.APP_URL })}`)
  return 0
})

/** The release as it was, out of git, with packages of its own if they are others. */
async function checkOut(release: string, folder: string, processes: Processes): Promise<void> {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    git('cat-file', '-e', `${release}^{commit}`)
  } catch {
    const shallow = git('rev-parse', '--is-shallow-repository').toString().trim() === 'true'
    throw new Error(
      `The commit of the last release, ${release}, is not in this repository. ` +
        (shallow
          ? 'It is a shallow clone: fetch all of it (git fetch --unshallow; actions/checkout with fetch-depth: 0).'
          : 'Fetch it, or see that database/released_migrations.json names a commit of the main branch.')
    )
  }
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', '--format=tar', release) })
  const lock = (place: string) => readFileSync(join(place, 'package-lock.json'), 'utf8')
  if (lock(folder) === lock(root)) {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    return
  }
  step('Its packages (npm ci)')
  const install = ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline']
  await processes.run('old-install', install, { cwd: folder })
}

/** Lines of the logs that the processes wrote as errors. */
function errorsIn(logs: string): string[] {
  return globSync('{old,new}-{web,worker}.log', { cwd: logs }).flatMap((file) =>
    readFileSync(join(logs, file), 'utf8')
      .split('\n')
      .filter((line) => /"level":(50|60)|\bERROR\b|\bFATAL\b/.test(line))
      .map((line) => `${file}: ${line.slice(0, 500)}`)
  )
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

function seconds(): number {
  return Math.round((Date.now() - started) / 1000)
}

function step(what: string): void {
  console.log(`${String(seconds()).padStart(4)} s ${what}`)
}

/** Plays without telling each step. */
function silent(): Story {
  const story = new Story()
  story.tell = () => void (story.steps += 1)
  return story
}
