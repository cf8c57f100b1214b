import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../start.js'
import { ask, importFolder, type Engine } from './engine.js'

const run = promisify(execFile)

/** The images that the Dockerfile begins with, by the names of its arguments. */
export function baseImages(): Record<'NODE_IMAGE' | 'BASE_IMAGE', string> {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const named = (name: string) => {
    const found = new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(text)?.[1]
    if (!found) throw new Error(`The Dockerfile has no ${name}.`)
    return found
  }
  return { NODE_IMAGE: named('NODE_IMAGE'), BASE_IMAGE: named('BASE_IMAGE') }
}

/**
 * Gets them from their registry. Where there is no way to it, as on a machine that only packages reach,
 * makes images like them: Debian by debootstrap, and the Node and npm that this project runs on.
 *
 * @returns how, in words
 */
export async function getBaseImages(engine: Engine): Promise<string> {
  const { NODE_IMAGE, BASE_IMAGE } = baseImages()
  try {
    for (const image of [NODE_IMAGE, BASE_IMAGE]) await ask(engine, 'pull', '--quiet', image)
    return 'pulled'
  } catch (error) {
    if (engine.name === 'docker' || process.getuid?.() !== 0) throw error
  }
  const dir = join(root, 'tmp', `image-base-${process.pid}`)
  try {
    await debian(dir)
    await importFolder(engine, dir, BASE_IMAGE)
    await addNode(dir)
    await importFolder(engine, dir, NODE_IMAGE)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return 'made by debootstrap, as there is no way to their registry'
}

/** What Debian's own slim images leave out. */
const NOT_SLIM = [
  'usr/share/doc',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/man',
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log',
]

/** Made anew each week, for what Debian has mended. */
const KEPT = join(root, 'tmp', 'image-debian.tar')
const WEEK_MS = 7 * 86_400_000

async function debian(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true })
  if (existsSync(KEPT) && Date.now() - statSync(KEPT).mtimeMs < WEEK_MS) {
    await run('tar', ['--extract', '--file', KEPT, '--directory', dir])
    return
  }
  // debootstrap is where not every user's PATH leads.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  const options = { env, maxBuffer: 16 * 1024 * 1024 }
  await run('debootstrap', ['--variant=minbase', 'bookworm', dir], options)
  for (const path of NOT_SLIM) {
    rmSync(join(dir, path), { recursive: true, force: true })
    mkdirSync(join(dir, path))
  }
  await run('tar', ['--create', '--file', `${KEPT}.new`, '--directory', dir, '.'])
  renameSync(`${KEPT}.new`, KEPT)
}

async function addNode(dir: string): Promise<void> {
  const bin = join(dir, 'usr/local/bin')
  cpSync(process.execPath, join(bin, 'node'), { dereference: true })
  chmodSync(join(bin, 'node'), 0o755)
  const { stdout } = await run('/bin/sh', ['-c', 'command -v npm'])
  const npm = dirname(dirname(realpathSync(stdout.trim())))
  cpSync(npm, join(dir, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true })
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name))
  }
}
