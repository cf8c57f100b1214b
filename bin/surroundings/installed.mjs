/**
 * Says why node_modules is not what package-lock.json wants; says nothing when it is. Plain
 * JavaScript, because it runs before anything is installed, on whatever Node the machine has.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(new URL(file, root), 'utf8')).packages
  } catch {
    return undefined
  }
}

function reason() {
  const wanted = packagesOf('package-lock.json')
  // npm writes this copy last, so an interrupted installation has none.
  const present = packagesOf('node_modules/.package-lock.json')
  if (!present) return 'nothing is installed yet'
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '' || present[path]?.version === version) continue
    if (optional && !present[path]) continue
    return `${path} ${version} is missing or outdated`
  }
  try {
    const version = execFileSync('node_modules/.bin/node', ['--version'], {
      cwd: root,
      encoding: 'utf8',
    })
    if (Number(/^v(\d+)/.exec(version)?.[1]) < 24)
      return `node_modules/.bin/node is only ${version}`
  } catch {
    return 'node_modules/.bin/node does not run'
  }
  return ''
}

process.stdout.write(reason())
