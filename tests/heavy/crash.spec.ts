import { test } from '@japa/runner'
import { paypal } from '#payments/paypal/index'
import { depositRequest, usd } from '#tests/functional/paypal/helpers'
import type { AppProcess } from '#tests/support/crash/app_process'
import {
  changesProvider,
  describe,
  killedAt,
  killedTwice,
  sampleOf,
  startApp,
  undisturbed,
} from '#tests/support/crash/crash'
import { operationNamed, operations } from '#tests/support/crash/operations'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

/** `LONG=1` takes every moment; otherwise another `SEED` takes others. */
const LONG = process.env.LONG === '1'
const SEED = Number(process.env.SEED ?? 1)

/** Beside those around requests that move money. Each costs about two seconds. */
const MOMENTS_PER_OPERATION = 3
/** Our own commits are the same for every provider. */
const MOMENTS_PER_FURTHER_PROVIDER = 1
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
      assert.isTrue(moments.some(changesProvider))

      const size = operation.provider ? MOMENTS_PER_FURTHER_PROVIDER : MOMENTS_PER_OPERATION
      const chosen = LONG ? moments : sampleOf(moments, size, SEED)
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

test.group('The proof by killing', (group) => {
  let app: AppProcess
  group.setup(async () => {
    const started = await startApp({ CRASH_FORGETS_KEYS: '1' })
    app = started.app
    return started.stop
  })

  for (const { name, request, effect } of [
    {
      name: 'deposit',
      request: '/v1/payment_intents',
      effect: () => sandbox.effects('payment_intent'),
    },
    {
      name: 'deposit by PayPal, and its capture',
      request: '/v2/checkout/orders',
      effect: () => paypalSandbox.effects('order'),
    },
    {
      name: 'approval and payout by PayPal',
      request: '/v1/payments/payouts',
      effect: () => paypalSandbox.effects('payout_item'),
    },
  ]) {
    test(`notices a provider key that does not survive the process: ${name}`, async ({
      assert,
    }) => {
      const operation = operationNamed(name)
      const { books, moments } = await undisturbed(app, operation)
      assert.equal(effect(), 1)
      const sent = moments.find((moment) => describe(moment) === `after POST ${request}`)
      // The application may be the first to notice, and refuse to go on.
      const after = await killedAt(app, operation, sent!).catch((error: Error) => error)
      assert.equal(effect(), 2)
      if (after instanceof Error) assert.match(after.message, /moves its money a second time/)
      else assert.notDeepEqual(after, books)
    }).timeout(TIMEOUT)
  }

  test('notices a capture that our books know nothing of', async ({ assert }) => {
    const deposit = operationNamed('deposit by PayPal, and its capture')
    const { books } = await undisturbed(app, deposit)
    const { books: twice } = await undisturbed(app, {
      ...deposit,
      async carryOut(driver, found) {
        await deposit.carryOut(driver, found)
        const { id } = await paypal.createDeposit(depositRequest({ amount: usd('1000.00') }))
        paypalSandbox.approve(id)
        await paypal.captureDeposit(id, 'capture')
      },
    })
    assert.equal(twice.paypal.effects.capture, books.paypal.effects.capture + 1)
    assert.notEqual(twice.paypal.available, books.paypal.available)
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
