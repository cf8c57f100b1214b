/**
 * Runs inside the image, given on standard input, and prints as JSON what a file system can say about itself.
 * Argument: names of packages that are only for development.
 */
import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const NOT_OURS = new Set(['/proc', '/sys', '/dev', '/tmp', '/run', '/var/tmp', '/var/lib/safesend'])
const writable = []
const setuid = []
const suspicious = []
const bytes = { debian: 0, node: 0, packages: 0, ours: 0 }
const areas = [
  ['/app/node_modules/', 'packages'],
  ['/app/', 'ours'],
  ['/usr/local/bin/node', 'node'],
  ['/', 'debian'],
]

function walk(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (NOT_OURS.has(path)) continue
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) continue
    if (mayWrite(path)) writable.push(path)
    if (stat.isFile()) {
      bytes[areas.find(([start]) => path.startsWith(start))[1]] += stat.size
      if (stat.mode & 0o6000) setuid.push(path)
    }
    const ours = path.startsWith('/app/') && !path.startsWith('/app/node_modules/')
    if (
      /^\.env|^\.npmrc$|^\.git$|\.spec\.[jt]s$/.test(name) ||
      (ours && (/\.(ts|map)$/.test(name) || ['tests', 'sandbox', 'demo'].includes(name)))
    ) {
      suspicious.push(path)
    }
    if (stat.isDirectory()) {
      try {
        walk(path)
      } catch (error) {
        // root's own folder, say.
        if (error.code !== 'EACCES') throw error
      }
    }
  }
}

function mayWrite(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

walk('/')
const development = JSON.parse(process.argv.at(-1)).filter((name) =>
  existsSync(`/app/node_modules/${name}`)
)
console.log(
  JSON.stringify({
    uid: process.getuid(),
    gid: process.getgid(),
    groups: process.getgroups(),
    node: process.version,
    npm: ['/usr/local/bin/npm', '/usr/bin/npm'].some(existsSync),
    writable,
    setuid,
    suspicious,
    development,
    bytes,
  })
)
