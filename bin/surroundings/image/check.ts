import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { playMainJob } from '../../demo/main_job.js'
import { demoProvider } from '../../demo/providers.js'
import { Story } from '../../demo/story.js'
import { checkConsole, checkDocuments, checkFiles, checkSite } from '../production_checks.js'
import { root, type Surroundings } from '../start.js'
import type { Run } from '../until_done.js'
import { waitForOk } from '../wait.js'
import { ask, IMAGE, OURS, type Engine } from './engine.js'
import { revisionOf } from './build.js'
import { startParts } from './parts.js'

/** The user of the image; see the Dockerfile. */
const USER = 10_001

/** Of our packages for development, those that packages of production need, too. */
const USED = new Set(['yaml', 'youch'])

/** What `inside.mjs` prints. */
interface Inside {
  uid: number
  gid: number
  groups: number[]
  node: string
  npm: boolean
  /** Paths that the user may write to, of those that no volume covers. */
  writable: string[]
  setuid: string[]
  /** What belongs on no server: secrets, tests, stand-ins, sources. */
  suspicious: string[]
  /** Packages that are only for development. */
  development: string[]
  bytes: Record<string, number>
}

/**
 * Looks at what the image says of itself, and at what is in it.
 *
 * @returns its size, in words
 * @throws Error for anything that it should not have
 */
export async function checkImage(engine: Engine): Promise<string> {
  const [{ Config: config, Size: size, Healthcheck: health }] = JSON.parse(
    await ask(engine, 'image', 'inspect', IMAGE)
  )
  assert.equal(config.User, `${USER}:${USER}`, 'It runs as a user without rights.')
  assert.deepEqual(config.Cmd, ['web'])
  // Podman and Docker keep it in different places.
  assert.ok(health ?? config.Healthcheck, 'It says how its health is found out.')
  assert.equal(config.Labels['org.opencontainers.image.revision'], revisionOf())

  const history = await ask(engine, 'history', '--no-trunc', '--format', '{{.CreatedBy}}', IMAGE)
  const told = `${history}\n${JSON.stringify(config)}`
  assert.doesNotMatch(told, /[sr]k_(live|test)_|whsec_|PRIVATE KEY|APP_KEY=|postgres:\/\//)

  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const names = JSON.stringify(Object.keys(devDependencies).filter((name) => !USED.has(name)))
  const found: Inside = JSON.parse(await inside(engine, 'inside.mjs', names))
  const { bytes, node, ...rest } = found
  assert.match(node, /^v24\./)
  assert.deepEqual(rest, {
    uid: USER,
    gid: USER,
    groups: [USER],
    npm: false,
    writable: [],
    setuid: [],
    suspicious: [],
    development: [],
  })
  const mb = (value: number) => `${Math.round(value / 1e6)} MB`
  const parts = Object.entries(bytes).map(([name, value]) => `${name} ${mb(value)}`)
  return `size: ${mb(size)} uncompressed (${parts.join(', ')})`
}

/** Runs a file of this folder on the image's Node. */
async function inside(engine: Engine, file: string, ...args: string[]): Promise<string> {
  const source = readFileSync(join(import.meta.dirname, file), 'utf8')
  const node = ['--input-type=module', '--eval', source, '--', ...args]
  return ask(engine, 'run', '--rm', ...engine.run, '--entrypoint', 'node', IMAGE, ...node)
}

/**
 * Starts the image as an orchestrator that trusts nothing does, has it do the main job and whatever reads a
 * file of its own, and stops it.
 *
 * @returns how long what took, in words
 * @throws Error if it does not start, work or stop as it should
 */
export async function runImage(
  engine: Engine,
  surroundings: Surroundings,
  run: Run
): Promise<string> {
  const { url, dir } = surroundings
  const { interrupted } = run
  const { env, prepare, told } = await startParts(run, surroundings)
  const start = containers(engine, dir, env)

  await assert.rejects(start('unknown', '--rm', 'nonsense'), /There are: web, worker, migrate/)
  const migrating = Date.now()
  await start('migrate', '--rm', 'migrate')
  const migrated = Date.now()
  await prepare()
  await start('worker', '--detach', 'worker')
  const starting = Date.now()
  await start('web', '--detach')
  const logs = () => Promise.all(['web', 'worker'].map((name) => logsOf(engine, name)))
  try {
    await waitForOk(`${url}/health/live`, { interrupted })
    const live = Date.now()
    await waitForOk(`${url}/health/ready`, { interrupted })
    const ready = Date.now()
    const answer = await fetch(`${url}/health/live`)
    const { revision } = (await answer.json()) as { revision?: string }
    assert.equal(revision, revisionOf())
    // Its own idea of that, by what an engine asks it.
    await ask(engine, 'exec', nameOf('web'), 'node', 'docker/healthcheck.mjs')
    const played = await playMainJob(
      surroundings,
      demoProvider('stripe', surroundings),
      new Story(),
      interrupted
    )
    await checkDocuments(url)
    await checkConsole(url)
    await checkSite(url)
    await checkFiles(url, played.client, interrupted)
    const done = Date.now()
    await start('books', '--rm', 'ace', 'reconcile:ledger')
    const stopped = await Promise.all(['web', 'worker'].map((name) => stop(engine, name)))
    assert.ok(told.has('/v1/traces') && told.has('/v1/metrics'), `Telemetry: ${[...told].join()}`)
    const s = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`
    return (
      `migrate ${s(migrating, migrated)}; started: live after ${s(starting, live)}, ready after ` +
      `${s(starting, ready)}; main job and files ${s(ready, done)}; stopped: ${stopped.join(', ')}`
    )
  } catch (error) {
    for (const lines of await logs()) console.error(lines)
    throw error
  }
}

const nameOf = (role: string) => `${OURS}-${role}`

/** Has the image started under a role's name: read-only, without any capability, on the network of this machine. */
function containers(engine: Engine, dir: string, env: Record<string, string>) {
  const file = join(dir, 'container.env')
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  const walls = [
    ...['--network', 'host', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'all'],
    ...['--security-opt', 'no-new-privileges', '--env-file', file],
  ]
  return (role: string, how: string, ...command: string[]) =>
    ask(engine, 'run', how, '--name', nameOf(role), ...engine.run, ...walls, IMAGE, ...command)
}

async function logsOf(engine: Engine, role: string): Promise<string> {
  const said = await ask(engine, 'logs', '--tail', '30', nameOf(role)).catch(String)
  return `--- ${role}\n${said}`
}

/** @returns how long it took. @throws Error if it had to be killed, or ended with another code than 0 */
async function stop(engine: Engine, role: string): Promise<string> {
  const before = Date.now()
  await ask(engine, 'stop', '--time', '30', nameOf(role))
  const seconds = (Date.now() - before) / 1000
  const code = await ask(engine, 'inspect', '--format', '{{.State.ExitCode}}', nameOf(role))
  assert.equal(code, '0', `${role} ends with 0 on SIGTERM.`)
  assert.ok(seconds < 20, `${role} took ${seconds} s to stop.`)
  return `${role} ${seconds.toFixed(1)} s`
}
