/**
 * `npm test`: the Japa suites on a PostgreSQL of their own. Arguments go to Japa as they are, but for
 * `--shards N`: so many processes share the tests, each with surroundings of its own.
 */
import { buildAssets } from './assets.js'
import { ace, script } from './processes.js'
import { runShards } from './shards.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'

const { shards, args } = readShards(process.argv.slice(2))

await untilDone(async (run) => {
  if (shards > 1) return runShards(run, shards, args)
  const { processes } = await temporarySurroundings(run, 'test', 'test')
  await buildAssets(processes, root)
  await processes.run('migrate', ace('migration:run', '--no-schema-generate', '--compact-output'))
  return processes.attach(script('bin/test.ts', ...args))
})

function readShards(given: string[]): { shards: number; args: string[] } {
  const at = given.findIndex((arg) => /^--shards(=|$)/.test(arg))
  if (at === -1) return { shards: 1, args: given }
  const [, joined] = given[at].split('=')
  const count = Number(joined ?? given[at + 1])
  const rest = given.toSpliced(at, joined === undefined ? 2 : 1)
  const files = rest.some((arg) => arg.startsWith('--files'))
  if (Number.isInteger(count) && count > 0 && !files) return { shards: count, args: rest }
  console.error('test: --shards takes a number, and goes with no --files.')
  process.exit(2)
}
