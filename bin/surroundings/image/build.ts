import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, type Surroundings } from '../start.js'
import { getBaseImages } from './base.js'
import { IMAGE, type Engine } from './engine.js'

/** As `git` says it, or empty where there is no repository. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return ''
  }
}

/** The commit that is built. */
export function revisionOf(): string {
  return git('rev-parse', 'HEAD') || 'unknown'
}

/** Builds the image of production from this folder, under a name for this run. @returns seconds that it took */
export async function buildImage(engine: Engine, { dir, processes }: Surroundings) {
  const seconds = { base: 0, build: 0 }
  let started = Date.now()
  const lap = () => {
    const taken = Math.round((Date.now() - started) / 1000)
    started = Date.now()
    return taken
  }
  const how = await getBaseImages(engine)
  seconds.base = lap()
  console.log(`base images: ${how}, ${seconds.base} s`)

  const time = git('log', '-1', '--format=%ct') || '0'
  await processes.run(
    'build',
    [
      ...engine.command,
      'build',
      ...engine.build,
      ...(await npmOf(engine, dir)),
      ...['--target', 'production', '--tag', IMAGE],
      ...['--build-arg', `REVISION=${revisionOf()}`],
      ...['--build-arg', `SOURCE_DATE_EPOCH=${time}`],
      '.',
    ],
    { env: engine.env }
  )
  seconds.build = lap()
  console.log(`build: ${seconds.build} s`)
  return seconds
}

/**
 * How npm reaches its registry in there: this machine's registry and certificates, as a secret that no layer
 * gets, and with Podman also what npm has on this machine already.
 */
async function npmOf(engine: Engine, dir: string): Promise<string[]> {
  const config = (name: string) =>
    execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim()
  const npmrc = [`registry=${config('registry')}`, 'update-notifier=false']
  const mounts: string[] = []
  const authority = process.env.NODE_EXTRA_CA_CERTS
  if (authority && existsSync(authority)) {
    npmrc.push('cafile=/run/secrets/npm-ca')
    mounts.push('--secret', `id=npm-ca,src=${authority}`)
  }
  if (engine.name === 'podman') {
    const cache = config('cache')
    if (existsSync(cache)) mounts.push('--volume', `${cache}:/root/.npm`)
  }
  const file = join(dir, 'npmrc')
  writeFileSync(file, npmrc.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  return ['--secret', `id=npmrc,src=${file}`, ...mounts]
}
