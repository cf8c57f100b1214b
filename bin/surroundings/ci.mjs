/**
 * `bin/ci`: runs every check, also after one has failed, and sums them up. Plain JavaScript on the
 * machine's own Node, because its first check replaces node_modules.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))
const ours = 'node --import=@poppinss/ts-exec'
const MINUTE = 60_000

/** Each is one check; one that runs Japa also counts its tests. */
const steps = [
  {
    name: 'install',
    command: 'npm ci --include=dev --no-audit --no-fund --loglevel=error',
    minutes: 5,
  },
  { name: 'format', command: 'npm run --silent format:check' },
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'generated files', command: `${ours} bin/surroundings/check_generated.ts` },
  { name: 'types', command: 'npm run --silent typecheck' },
  { name: 'tests', command: 'npm test', minutes: 55 },
  { name: 'contract', command: 'npm run --silent test:contract', minutes: 20 },
  ...['stripe', 'paypal', 'venmo'].map((provider) => ({
    name: `demo ${provider}`,
    command: `npm run --silent demo -- --once --provider ${provider}`,
  })),
  { name: 'bench', command: 'npm run --silent bench -- --quick', minutes: 8 },
  { name: 'production', command: `${ours} bin/surroundings/check_production.ts` },
  { name: 'old build', command: 'npm run --silent old-build', minutes: 10 },
  { name: 'drill', command: 'npm run --silent drill', minutes: 10 },
  // The drill has installed it.
  {
    name: 'PostgreSQL 15',
    command:
      'env POSTGRES_BIN=/usr/lib/postgresql/15/bin npm test -- functional --files=tests/functional/ledger/ --files=tests/functional/payments/payouts.spec.ts --files=tests/functional/payments/refunds.spec.ts --files=tests/functional/payments/concurrency.spec.ts',
    minutes: 10,
  },
  { name: 'image', command: 'npm run --silent image', minutes: 12 },
]

const env = {
  ...process.env,
  CI: 'true',
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
}
const total = { passed: 0, failed: 0, skipped: 0 }
const results = []
let running

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    // What it started ends itself on this; it has its own clean-up to do.
    if (running) signalGroup(running.pid, 'SIGTERM')
    console.error(`\nci: stopped by ${name}`)
    setTimeout(() => process.exit(1), 10_000).unref()
    running?.once('exit', () => process.exit(1))
  })
}

for (const step of steps) {
  console.log(`\n=== ${step.name}: ${step.command}`)
  const started = Date.now()
  const { ok, output } = await run(step)
  const tests = testsIn(output)
  total.passed += tests.passed + (ok ? 1 : 0)
  total.skipped += tests.skipped
  // A failed step is one failure more than its failed tests: it may have died before counting them.
  total.failed += tests.failed + (ok ? 0 : 1)
  const seconds = Math.round((Date.now() - started) / 1000)
  results.push({ name: step.name, ok, tests, seconds, lastWords: ok ? [] : lastWords(output) })
}

// Whoever keeps only the end of a long log still sees why.
for (const { name, ok, lastWords: lines } of results) {
  if (!ok) console.log(`\n=== ${name} failed; its last words\n${lines.join('\n')}`)
}

console.log('\n=== summary')
for (const { name, ok, tests, seconds } of results) {
  const counted = tests.passed + tests.failed + tests.skipped
  const detail = counted > 0 ? `  ${counted} tests` : ''
  console.log(
    `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(16)} ${String(seconds).padStart(4)} s${detail}`
  )
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed > 0 || total.skipped > 0 ? 1 : 0)

/** Runs a step in a process group of its own, which is gone when this resolves. */
function run({ command, minutes = 5 }) {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running = child
    let output = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on('data', (chunk) => {
        output += chunk
        to.write(chunk)
      })
    }
    const timer = setTimeout(() => {
      console.error(`ci: still running after ${minutes} minutes, ending it`)
      signalGroup(child.pid, 'SIGTERM')
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 20_000).unref()
    }, minutes * MINUTE)
    child.once('error', (error) => console.error(`ci: ${error.message}`))
    child.once('close', (code) => {
      clearTimeout(timer)
      running = undefined
      resolve({ ok: code === 0, output })
    })
  })
}

function signalGroup(pid, name) {
  try {
    process.kill(-pid, name)
  } catch {
    // It has ended.
  }
}

/** What failed, where Japa says so, and the last lines. */
function lastWords(output) {
  const lines = stripVTControlCharacters(output).trimEnd().split('\n')
  const failures = lines.filter((line) => /^(?:❯ .+ \/ |ℹ )/.test(line))
  return [...new Set([...failures.slice(0, 20), ...lines.slice(-15)])]
}

/** Adds up Japa's summary lines: "Tests  1 failed, 41 passed, 2 skipped (44)". */
function testsIn(output) {
  const counted = { passed: 0, failed: 0, skipped: 0 }
  for (const [, line] of stripVTControlCharacters(output).matchAll(/^\s*Tests {2}(.*)\(\d+\)/gm)) {
    for (const [, number, kind] of line.matchAll(/(\d+) (\w+)/g)) {
      const into = { passed: 'passed', failed: 'failed', regression: 'failed' }[kind] ?? 'skipped'
      counted[into] += Number(number)
    }
  }
  return counted
}
