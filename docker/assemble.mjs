/**
 * Copies what production runs out of a build, for the Dockerfile:
 *   node docker/assemble.mjs FOLDER
 * FOLDER/app is ours, FOLDER/packages is what we depend on.
 */
import { cpSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const to = process.argv[2]
const { packages } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'))

/** Of what the compiler made, what runs. The rest is for development. */
const OURS = [
  'ace.js',
  'adonisrc.js',
  'package.json',
  'app',
  'config',
  'public',
  'resources',
  'start',
]
const OURS_IN = {
  '.adonisjs': ['server'],
  'bin': ['console.js', 'failed_to_start.js', 'otel.js', 'server.js'],
  'database': [
    'json_column.js',
    'migrations',
    'schema.js',
    'schema_rules.js',
    'snapshot.js',
    'transaction.js',
  ],
}

/** In packages, for compilers, readers and their own tests. Licences stay. */
const NEEDLESS = /\.(map|[cm]?ts|tsx|md|markdown|spec\.[cm]?js)$/i

/** Path of the package that a package at a path gets by a name, as Node looks for it. */
function resolve(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const path = `${at ? `${at}/` : ''}node_modules/${name}`
    if (packages[path]) return path
    if (!at) return undefined
  }
}

/** Required of whoever uses @adonisjs/vite, and loaded in development only. */
const NOT_REQUIRED = new Set(['vite'])

/** Names of what a package cannot do without, and of what it uses where it is there for this system. */
function needsOf({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }) {
  const required = ([name]) => !peerDependenciesMeta?.[name]?.optional && !NOT_REQUIRED.has(name)
  const peers = Object.entries(peerDependencies ?? {}).filter(required)
  return Object.keys({ ...dependencies, ...optionalDependencies, ...Object.fromEntries(peers) })
}

/**
 * All that our dependencies need. npm also installs what they may be used together with (optional peers): a
 * compiler, a bundler, a test runner. Those of them that we use are dependencies of ours.
 */
function reachable() {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const found = new Set()
  const visit = (at, names) => {
    for (const name of names) {
      const path = resolve(at, name)
      // An optional one may be for another system; of types nothing is left.
      if (!path || found.has(path) || name.startsWith('@types/')) continue
      found.add(path)
      visit(path, needsOf(packages[path]))
    }
  }
  visit('', Object.keys(dependencies))
  return found
}

for (const path of reachable()) {
  cpSync(path, join(to, 'packages/app', path), {
    recursive: true,
    filter: (source) =>
      !NEEDLESS.test(source) && (source === path || basename(source) !== 'node_modules'),
  })
}
for (const path of [
  ...OURS,
  ...Object.entries(OURS_IN).flatMap(([folder, names]) => names.map((name) => join(folder, name))),
]) {
  cpSync(join('build', path), join(to, 'app', path), {
    recursive: true,
    filter: (source) => !source.endsWith('.js.map'),
  })
}
for (const name of ['entrypoint', 'healthcheck.mjs']) {
  cpSync(join('docker', name), join(to, 'app/docker', name))
}
