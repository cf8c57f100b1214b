import { closeSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { buildAssets } from './assets.js'
import { Processes, script } from './processes.js'
import { root } from './start.js'
import type { Run } from './until_done.js'

/** The suites that `npm test` runs, in the order in which it does. */
const SUITES = ['unit', 'functional', 'browser', 'heavy']

/**
 * Runs the tests in some processes side by side, each with surroundings of its own. What they print comes
 * one after the other: the first as it goes, each of the others when all before it have ended.
 *
 * @param args what else goes to Japa: suites, `--tests`
 * @returns 0 if all of them did
 */
export async function runShards(run: Run, count: number, args: string[]): Promise<number> {
  const named = SUITES.filter((suite) => args.includes(suite))
  const shards = split(named.length > 0 ? named : SUITES, count)
  const logs = join(root, 'tmp', `shards-${process.pid}`)
  mkdirSync(logs, { recursive: true })
  run.atEnd(() => rmSync(logs, { recursive: true, force: true }))
  const processes = new Processes({ env: {}, logs })
  run.atEnd(() => processes.stop())
  // What two must not do at once: build the console's files, and unpack the browser.
  await buildAssets(processes, root)
  await chromium.executablePath()

  const codes = shards.map(async (files, index) => {
    const command = script(
      'bin/surroundings/run_tests.ts',
      ...args,
      ...files.map((file) => `--files=/${file}`)
    )
    if (index === 0) return { code: await processes.attach(command), said: '' }
    const path = join(logs, `${index}.log`)
    const log = openSync(path, 'w')
    const code = await processes.attach(command, log)
    closeSync(log)
    return { code, said: readFileSync(path, 'utf8') }
  })
  let worst = 0
  for (const [index, ended] of codes.entries()) {
    const { code, said } = await ended
    if (said) process.stdout.write(`\n--- shard ${index + 1} of ${count}\n${said}`)
    worst ||= code
  }
  return worst
}

/** Of each suite about as many tests for everybody. */
function split(suites: string[], count: number): string[][] {
  const shards = Array.from({ length: count }, () => ({ files: [] as string[], tests: 0 }))
  for (const suite of suites) {
    const files = globSync(`tests/${suite}/**/*.spec.ts`, { cwd: root })
      .sort()
      .map((file) => ({ file, tests: testsIn(file) }))
      .sort((one, other) => other.tests - one.tests)
    for (const { file, tests } of files) {
      const next = shards.reduce((least, shard) => (shard.tests < least.tests ? shard : least))
      next.files.push(file)
      next.tests += tests
    }
    const done = Math.max(...shards.map(({ tests }) => tests))
    for (const shard of shards) shard.tests = done
  }
  return shards.map(({ files }) => files).filter((files) => files.length > 0)
}

function testsIn(file: string): number {
  return readFileSync(join(root, file), 'utf8').match(/^\s*test\(/gm)?.length ?? 1
}
