import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import env from '#start/env'
import { inTransaction } from '#database/transaction'
import { changeSetting } from '#escrow/settings'
import { BREAK_KINDS } from '#payments/reconcile/breaks'
import { readRun } from '#payments/reconcile/read_runs'
import { reconcileProvider } from '#payments/reconcile/reconcile_provider'
import { stripe } from '#payments/stripe/index'
import { resetAll } from '#tests/support/database'
import {
  expected,
  GeneratedStripe,
  postHistory,
  spread,
  type History,
} from '#tests/support/reconcile/generated'

/*
 * Reconciliation at the size that it is made for. By default small enough for every run of the suite;
 * LONG=1 takes the full figures, and prints how long they took and in how much memory.
 */
const LONG = process.env.LONG === '1'
const CLEAN = LONG ? 100_000 : 5_000
const WRONG = LONG ? 1_000 : 100
const STREAMED = LONG ? [100_000, 1_000_000] : [5_000, 50_000]

/** All of it happened in the ten days before yesterday, so that nothing is too young to be judged. */
const daysAgo = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000)
/** All that are counted in sums. What nobody can count in is tested by itself, in reconcile/breaks.spec.ts. */
const KINDS = BREAK_KINDS.filter((kind) => kind !== 'foreign_currency')
const history = (movements: number, wrong: History['wrong'] = new Map()): History => ({
  movements,
  wrong,
  from: daysAgo(11),
  to: daysAgo(1),
})

test.group('Reconciliation at scale', (group) => {
  group.each.setup(() => resetAll())

  test(`finds ${WRONG} differences of all kinds that are counted among ${CLEAN} movements, and nothing else`, async ({
    assert,
  }) => {
    const past = history(CLEAN, spread(KINDS, WRONG, CLEAN))
    await postHistory(past)
    const generated = new GeneratedStripe(past)
    const real = env.get('STRIPE_API_BASE')
    env.set('STRIPE_API_BASE', await generated.start())
    try {
      const started = performance.now()
      const id = await reconcileProvider(stripe, {
        period: { from: daysAgo(12), to: new Date() },
        graceMinutes: 60,
        inTransitDays: 31,
      })
      report({ movements: CLEAN, wrong: WRONG, seconds: (performance.now() - started) / 1000 })
      const { rows } = await db.rawQuery<{ rows: { kind: string; subject: string }[] }>(
        'SELECT kind, subject FROM reconciliation_breaks'
      )
      assert.deepEqual(
        rows.map(({ kind, subject }) => `${kind} ${subject}`).toSorted(),
        expected(past)
      )
      const run = await readRun(db, id)
      for (const kind of KINDS) assert.equal(run.kinds[kind], WRONG / KINDS.length, kind)
      assert.lengthOf(run.totals, 2)
      for (const { currency, balance_remainder: left, moved_remainder: lost } of run.totals) {
        assert.equal(left, 0n, `something is left of the balance in ${currency}`)
        assert.equal(lost, 0n, `something is left of what moved in ${currency}`)
      }
    } finally {
      env.set('STRIPE_API_BASE', real!)
      await generated.stop()
    }
  }).timeout(LONG ? 900_000 : 180_000)

  test(`reads ${STREAMED[1]} movements in no more memory than it takes for ${STREAMED[0]}`, async ({
    assert,
  }) => {
    await inTransaction((trx) => changeSetting(trx, 'reconcile_grace_minutes', 60, 'test'))
    const peaks: number[] = []
    for (const movements of STREAMED) {
      await resetAll()
      const past = history(movements)
      const posting = performance.now()
      await postHistory(past)
      const posted = (performance.now() - posting) / 1000
      const generated = new GeneratedStripe(past)
      try {
        const { exitCode, output, seconds, megabytes } = await reconcileInChild(
          await generated.start()
        )
        report({ movements, seconds, megabytes, secondsToPost: posted })
        assert.equal(exitCode, 0, output)
        const { ok, provider_rows: rows, matched } = JSON.parse(output)
        assert.isTrue(ok)
        assert.equal(rows, movements)
        assert.equal(matched, movements)
        peaks.push(megabytes)
      } finally {
        await generated.stop()
      }
    }
    const [few, many] = peaks
    assert.isBelow(many, 400)
    // What a garbage collector leaves lying; the rows themselves would be ten times as many.
    assert.isBelow(many - few, 100)
  }).timeout(LONG ? 3_600_000 : 300_000)
})

/** The command as operators run it, in a process whose memory can be measured. */
async function reconcileInChild(stripeBase: string) {
  const dir = await mkdtemp(join(tmpdir(), 'reconcile-'))
  const peak = join(dir, 'peak')
  const started = performance.now()
  try {
    const child = spawn(
      process.execPath,
      [
        // As bin/ace has it.
        '--max-semi-space-size=16',
        '--import=./tests/support/reconcile/peak_memory.mjs',
        'ace.js',
        'reconcile:provider',
        'stripe',
        '--from=12d',
        '--json',
      ],
      {
        env: { ...process.env, STRIPE_API_BASE: stripeBase, PEAK_MEMORY_FILE: peak },
        stdio: ['ignore', 'pipe', 'inherit'],
      }
    )
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
    const seconds = (performance.now() - started) / 1000
    const megabytes = Number(await readFile(peak, 'utf8')) / 1024
    return { exitCode, output, seconds, megabytes }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function report(figures: Record<string, number>): void {
  if (!LONG) return
  const words = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`)
  console.log(`    ${words.join(', ')}`)
}
