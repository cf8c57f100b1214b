import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isAlive } from '../process_table.js'
import { root } from '../start.js'

const run = promisify(execFile)

/** What builds and runs images: Docker, or Podman with images of its own that end with it. */
export interface Engine {
  name: 'docker' | 'podman'
  /** Program and first arguments of every call. */
  command: string[]
  /** Laid over the environment of every call. */
  env: Record<string, string>
  /** Arguments of `build` that only this engine knows. */
  build: string[]
  /** Arguments of `run` that only this engine knows. */
  run: string[]
  /** Removes containers and images of this run, and what the engine itself has made. */
  close(): Promise<void>
}

/** Begins the names of the containers and images of this run. */
export const OURS = `safesend-check-${process.pid}`
export const IMAGE = `localhost/${OURS}`

/** Whichever this machine has. `bin/setup --image` sees to it that there is one. */
export function findEngine(): Engine {
  if (answers('docker', 'info')) {
    const docker: Engine = {
      name: 'docker',
      command: ['docker'],
      env: { DOCKER_BUILDKIT: '1' },
      build: [],
      run: [],
      async close() {
        const left = await ask(docker, 'ps', '--all', '--quiet', '--filter', `name=${OURS}`)
        if (left) await ask(docker, 'rm', '--force', ...left.split('\n'))
        await ask(docker, 'rmi', IMAGE).catch(() => {})
      },
    }
    return docker
  }
  return podman()
}

/** What a call prints. @throws Error with what it said if it fails */
export async function ask(engine: Engine, ...args: string[]): Promise<string> {
  const [program, ...first] = engine.command
  const { stdout } = await run(program, [...first, ...args], {
    env: { ...process.env, ...engine.env },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.trim()
}

/** Makes an image of the root of a file system. */
export async function importFolder(engine: Engine, dir: string, image: string): Promise<void> {
  const [program, ...first] = engine.command
  const tar = spawn('tar', ['--directory', dir, '--create', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const taken = spawn(program, [...first, 'import', '-', image], {
    env: { ...process.env, ...engine.env },
    stdio: [tar.stdout, 'ignore', 'pipe'],
  })
  let said = ''
  taken.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(taken, 'close')
  if (code !== 0) throw new Error(`${engine.name} could not import ${image}.\n${said}`)
}

function answers(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}

/**
 * Podman on a folder of its own. `vfs` needs nothing of the kernel; it copies what other drivers share, so
 * images take several times their size until they are removed.
 */
function podman(): Engine {
  removeLeftovers()
  const store = storeOf(process.pid)
  // Paths of sockets must be short.
  const state = stateOf(process.pid)
  mkdirSync(join(store, 'tmp'), { recursive: true })
  const storage = ['--root', store, '--runroot', state, '--storage-driver', 'vfs']
  // The older runtime, where there is one: the newer does not start under the cgroups of some machines.
  const runtime = answers('runc', '--version') ? ['--runtime', 'runc'] : []
  const engine: Engine = {
    name: 'podman',
    command: ['podman', ...storage, ...runtime, '--events-backend', 'none'],
    env: { TMPDIR: join(store, 'tmp') },
    // Docker's format, because the other has no HEALTHCHECK.
    build: [
      '--format',
      'docker',
      '--isolation',
      'chroot',
      '--layers=false',
      '--pull=never',
      ...limits(),
    ],
    // It would ask systemd to look after health.
    run: [...limits(), '--no-healthcheck'],
    close: async () => {
      await ask(engine, 'rm', '--all', '--force', '--time', '5').catch(() => {})
      await removeStore(store, state)
    },
  }
  return engine
}

/** A process without the right to raise its limits cannot give its children more than it has. */
function limits(): string[] {
  const of = (flag: string) =>
    execFileSync('/bin/sh', ['-c', `ulimit ${flag} -n`], { encoding: 'utf8' }).trim()
  const files = `${of('-S')}:${of('-H')}`.replaceAll('unlimited', '1048576')
  return ['--ulimit', `nofile=${files}`, '--ulimit', 'nproc=4096:4096']
}

const storeOf = (pid: number) => join(root, 'tmp', `image-store-${pid}`)
const stateOf = (pid: number) => join(tmpdir(), `safesend-image-${pid}`)

/** Of runs that were killed. */
function removeLeftovers(): void {
  const tmp = join(root, 'tmp')
  if (!existsSync(tmp)) return
  for (const name of readdirSync(tmp)) {
    const pid = Number(/^image-store-(\d+)$/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const storage = ['--root', storeOf(pid), '--runroot', stateOf(pid), '--storage-driver', 'vfs']
    answers('podman', ...storage, 'rm', '--all', '--force', '--time', '5')
    void removeStore(storeOf(pid), stateOf(pid))
  }
}

/** Files of other users are among them: where we are not root, only Podman may remove those. */
async function removeStore(...dirs: string[]): Promise<void> {
  if (process.getuid?.() === 0) {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
  } else {
    await run('podman', ['unshare', 'rm', '-rf', ...dirs])
  }
}
