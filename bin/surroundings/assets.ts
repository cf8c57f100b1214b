import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Processes } from './processes.js'

const MANIFEST = 'public/assets/.vite/manifest.json'
const SOURCES = [
  'resources/css',
  'resources/js',
  'resources/site',
  'vite.config.ts',
  'package-lock.json',
]

/** Builds the styles and scripts of the console and of the public site, unless they are as new as what they are made of. */
export async function buildAssets(processes: Processes, root: string): Promise<void> {
  const manifest = join(root, MANIFEST)
  const built = existsSync(manifest) ? statSync(manifest).mtimeMs : 0
  if (SOURCES.every((source) => newest(join(root, source)) <= built)) return
  const vite = join(
    dirname(createRequire(import.meta.url).resolve('vite/package.json')),
    'bin/vite.js'
  )
  await processes.run('assets', [process.execPath, vite, 'build', '--logLevel', 'warn'])
}

/** When a file, or any file of a folder, was last written; milliseconds. */
function newest(path: string): number {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
