/**
 * `bin/run bin/release.ts`: writes down what was released, when it has gone live: the commit, and its
 * migrations as they are from now on. Commit what it wrote.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  changedSince,
  hashOf,
  readMigrations,
  readReleased,
  RELEASED_FILE,
} from './surroundings/migration_rules.js'
import { root } from './surroundings/start.js'

const commit = process.argv[2] ?? 'HEAD'
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

const migrations = readMigrations(join(root, 'database/migrations'))
const changed = changedSince(readReleased(root), migrations)
if (changed.length > 0) {
  console.error(`release: ${changed.join('\nrelease: ')}`)
  process.exit(1)
}
const release = git('rev-parse', `${commit}^{commit}`)
const there = git('ls-tree', '--name-only', release, 'database/migrations/').split('\n')
const released = [...migrations].filter(([file]) => there.includes(`database/migrations/${file}`))
writeFileSync(
  join(root, RELEASED_FILE),
  `${JSON.stringify({ release, migrations: Object.fromEntries(released.map(([file, text]) => [file, hashOf(text)])) }, null, 2)}\n`
)
console.log(`${release} is released, with ${released.length} migrations; commit ${RELEASED_FILE}.`)
