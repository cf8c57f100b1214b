/** `npm test`: the Japa suites on a PostgreSQL of their own. Arguments go to Japa as they are. */
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment } from './environment.js'
import { freePort } from './ports.js'
import { startPostgres } from './postgres.js'
import { isAlive } from './process_table.js'
import { ace, Processes } from './processes.js'
import { newSecrets } from './secrets.js'
import { untilDone } from './until_done.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const dir = join(root, 'tmp', `test-pg-${process.pid}`)

await untilDone(async ({ atEnd }) => {
  removeLeftovers()
  await mkdir(dir, { recursive: true })
  atEnd(() => rm(dir, { recursive: true, force: true }))
  const secrets = newSecrets()
  const postgres = await startPostgres({
    dir: join(dir, 'data'),
    password: secrets.databasePassword,
    // Tests kill processes of ours, never the machine; so nothing needs to reach the disk.
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  })
  atEnd(() => postgres.stop())
  await postgres.createDatabase('safesend_test')

  const ports = { web: await freePort(), sandbox: await freePort() }
  const env = environment({
    mode: 'test',
    ports,
    databaseUrl: postgres.url('safesend_test'),
    secrets,
    dir,
  })
  const processes = new Processes({ env, logs: dir })
  atEnd(() => processes.stop())
  await processes.run('migrate', ace('migration:run', '--no-schema-generate', '--compact-output'))
  const code = await processes.attach([
    process.execPath,
    '--import=@poppinss/ts-exec',
    'bin/test.ts',
    ...process.argv.slice(2),
  ])
  return code
})

/** Folders of test runs that were killed. */
function removeLeftovers(): void {
  const tmp = join(root, 'tmp')
  if (!existsSync(tmp)) return
  for (const name of readdirSync(tmp)) {
    const pid = Number(/^test-pg-(\d+)$/.exec(name)?.[1])
    if (pid && !isAlive(pid)) void rm(join(tmp, name), { recursive: true, force: true })
  }
}
