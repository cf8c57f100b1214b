import { test } from '@japa/runner'
import type { AppProcess } from '#tests/support/crash/app_process'
import {
  describe,
  killedAt,
  killedTwice,
  sampleOf,
  startApp,
  undisturbed,
} from '#tests/support/crash/crash'
import { operations } from '#tests/support/crash/operations'

/** `LONG=1` takes every moment; otherwise another `SEED` takes others. */
const LONG = process.env.LONG === '1'
const SEED = Number(process.env.SEED ?? 1)

/** Beside those around requests that move money. Each costs about two seconds. */
const MOMENTS_PER_OPERATION = 3
const SECOND_DEATHS = LONG ? 70 : 4

/** No operation has fewer; a harness that no longer sees them must not pass for a proof. */
const FEWEST_MOMENTS = 20

const TIMEOUT = LONG ? 7_200_000 : 600_000

test.group('A process that is killed', (group) => {
  let app: AppProcess
  group.setup(async () => {
    const started = await startApp()
    app = started.app
    return started.stop
  })

  for (const operation of operations) {
    test(`${operation.name}: is left as if nothing had happened`, async ({ assert }) => {
      const { books, moments } = await undisturbed(app, operation)
      assert.deepEqual(books.breaks, [])
      assert.isAtLeast(moments.length, FEWEST_MOMENTS)
      assert.isTrue(moments.some(({ point }) => point.what.startsWith('POST /v1/')))

      const chosen = LONG ? moments : sampleOf(moments, MOMENTS_PER_OPERATION, SEED)
      const started = performance.now()
      for (const moment of chosen) {
        assert.deepEqual(await killedAt(app, operation, moment), books, describe(moment))
      }
      report(`${chosen.length} of ${moments.length} moments`, started)
    }).timeout(TIMEOUT)
  }

  test('a second death while it recovers changes nothing either', async ({ assert }) => {
    const started = performance.now()
    const random = seeded(SEED)
    let twice = 0
    for (const [index, operation] of operations.slice(0, SECOND_DEATHS).entries()) {
      const { books, moments } = await undisturbed(app, operation)
      for (let i = index; i < SECOND_DEATHS; i += operations.length) {
        const again = { number: random(12), side: (['before', 'after'] as const)[random(2)] }
        const moment = moments[random(moments.length)]
        const found = await killedTwice(app, operation, moment, again)
        assert.deepEqual(found.books, books, `${operation.name}: ${found.deaths.join(', then ')}`)
        if (found.deaths.length === 2) twice++
      }
    }
    assert.isAbove(twice, 0)
    report(`${twice} second deaths`, started)
  }).timeout(TIMEOUT)
})

test.group('The proof by killing', () => {
  test('notices a provider key that does not survive the process', async ({ assert }) => {
    const { app, stop } = await startApp({ CRASH_FORGETS_KEYS: '1' })
    try {
      const [deposit] = operations
      const { books, moments } = await undisturbed(app, deposit)
      const sent = moments.find((moment) => describe(moment) === 'after POST /v1/payment_intents')
      const after = await killedAt(app, deposit, sent!)
      assert.equal((books.effects as Record<string, number>).payment_intent, 1)
      assert.equal((after.effects as Record<string, number>).payment_intent, 2)
      assert.notDeepEqual(after.keysPerRoute, books.keysPerRoute)
    } finally {
      await stop()
    }
  }).timeout(TIMEOUT)
})

function report(killed: string, since: number): void {
  const seconds = ((performance.now() - since) / 1000).toFixed(0)
  console.log(`    killed at ${killed}, ${seconds} s, SEED=${SEED}`)
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
