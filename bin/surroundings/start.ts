import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAssets } from './assets.js'
import { environment, type Ports } from './environment.js'
import { lockFolder } from './lock.js'
import { freePort } from './ports.js'
import { startPostgres } from './postgres.js'
import { ace, Processes, script } from './processes.js'
import { keptSecrets } from './secrets.js'
import type { Run } from './until_done.js'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Surroundings {
  dir: string
  logs: string
  ports: Ports
  databaseUrl: string
  env: Record<string, string>
  processes: Processes
  /** Where the API is, such as `http://127.0.0.1:3333`. */
  url: string
  sandboxUrl: string
}

/** Where things are if nobody else is there. */
const PREFERRED = { postgres: 54_320, web: 3333, sandbox: 12_111, paypal: 12_112 }

/**
 * Starts everything that SafeSend needs to run on this machine: PostgreSQL with its schema and first
 * rows, and the stand-ins for Stripe and PayPal. Data stays in `tmp/{name}` from run to run.
 *
 * @param options.filled with three months of business, which takes about a minute the first time
 */
export async function startSurroundings(
  run: Run,
  name: 'demo' | 'dev',
  { echo = false, filled = false } = {}
): Promise<Surroundings> {
  const dir = join(root, 'tmp', name)
  const logs = join(dir, 'logs')
  run.atEnd(lockFolder(dir))
  mkdirSync(logs, { recursive: true })

  const secrets = keptSecrets(dir)
  const postgres = await startPostgres({
    dir: join(dir, 'postgres'),
    password: secrets.databasePassword,
    port: PREFERRED.postgres,
  })
  run.atEnd(() => postgres.stop())
  await postgres.createDatabase('safesend')

  const ports = {
    web: await freePort(PREFERRED.web),
    sandbox: await freePort(PREFERRED.sandbox),
    paypal: await freePort(PREFERRED.paypal),
  }
  const databaseUrl = postgres.url('safesend')
  const env = environment({ mode: 'development', ports, databaseUrl, secrets, dir })
  leaveEnvironment(run, join(dir, 'env'), env)
  const processes = new Processes({
    env,
    logs,
    echo,
    onDeath: (dead, how, lastLines) =>
      run.fail(`The ${dead} process ended (${how}); its last words:\n${lastLines.join('\n')}`),
  })
  run.atEnd(() => processes.stop())

  await buildAssets(processes, root)
  await processes.run('migrate', ace('migration:run', '--no-schema-generate', '--compact-output'))
  await processes.serve('sandbox', script('sandbox/server.ts'), { interrupted: run.interrupted })
  // It asks them what they begin with.
  await seed(processes, 'opening_float_seeder')
  // Before anything else is at work: it plays with the providers' clocks.
  if (filled) await seed(processes, 'demo_seeder')

  return {
    dir,
    logs,
    ports,
    databaseUrl,
    env,
    processes,
    url: env.APP_URL,
    sandboxUrl: env.STRIPE_API_BASE,
  }
}

function seed(processes: Processes, name: string): Promise<string[]> {
  return processes.run(name, ace('db:seed', '--files', `database/seeders/${name}.ts`))
}

/** For `npm run ace`, which works on what is up: the environment, as a file for Node's --env-file. */
function leaveEnvironment(run: Run, file: string, env: Record<string, string>): void {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  run.atEnd(() => rmSync(file, { force: true }))
}
