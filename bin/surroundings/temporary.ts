import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environment } from './environment.js'
import { freePort } from './ports.js'
import { startPostgres } from './postgres.js'
import { isAlive } from './process_table.js'
import { Processes } from './processes.js'
import { newSecrets } from './secrets.js'
import { root, type Surroundings } from './start.js'
import type { Run } from './until_done.js'

/** Checks kill processes of ours, never the machine: nothing needs to reach the disk. */
const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

/**
 * Surroundings for one check, gone afterwards: an empty PostgreSQL, free ports, new secrets. No
 * process of ours is started yet and nothing is migrated.
 *
 * @param options.durable what is committed reaches the disk, as in production
 * @param options.database more settings of PostgreSQL
 */
export async function temporarySurroundings(
  run: Run,
  name: 'test' | 'generated' | 'production' | 'bench' | 'drill' | 'oldbuild' | 'image',
  mode: 'test' | 'development' | 'production',
  { durable = false, database = {} as Record<string, string> } = {}
): Promise<Surroundings> {
  removeLeftovers()
  const dir = join(root, 'tmp', `${name}-pg-${process.pid}`)
  await mkdir(dir, { recursive: true })
  run.atEnd(() => rm(dir, { recursive: true, force: true }))

  const secrets = newSecrets()
  const postgres = await startPostgres({
    dir: join(dir, 'data'),
    password: secrets.databasePassword,
    settings: { ...(durable ? {} : FORGETFUL), ...database },
  })
  run.atEnd(() => postgres.stop())
  await postgres.createDatabase(`safesend_${name}`)

  const ports = { web: await freePort(), sandbox: await freePort(), paypal: await freePort() }
  const databaseUrl = postgres.url(`safesend_${name}`)
  const limitsFactor = UNHURRIED.includes(name) ? undefined : 1_000_000
  const env = environment({ mode, ports, databaseUrl, secrets, dir, limitsFactor })
  const processes = new Processes({
    env,
    logs: dir,
    onDeath: (dead, how, lastLines) =>
      run.fail(`The ${dead} process ended (${how}); its last words:\n${lastLines.join('\n')}`),
  })
  run.atEnd(() => processes.stop())
  return {
    dir,
    logs: dir,
    ports,
    databaseUrl,
    env,
    processes,
    url: env.APP_URL,
    sandboxUrl: env.STRIPE_API_BASE,
  }
}

/** Call as a handful of people would, and so within the limits of all. */
const UNHURRIED = ['generated', 'production']

/** Folders of runs that were killed. */
function removeLeftovers(): void {
  const tmp = join(root, 'tmp')
  if (!existsSync(tmp)) return
  for (const name of readdirSync(tmp)) {
    const pid = Number(/^[a-z]+-pg-(\d+)$/.exec(name)?.[1])
    if (pid && !isAlive(pid)) void rm(join(tmp, name), { recursive: true, force: true })
  }
}
