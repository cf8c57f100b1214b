import { test } from '@japa/runner'
import { funded, refusal, sdkFor, started } from './stripe_helpers.js'

const DAY = 24 * 3_600_000
const KEY = { idempotencyKey: 'release-1' }

test.group('Stripe stand-in: idempotency keys', () => {
  test('a key replays its first answer', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 500, currency: 'usd', destination: account }
    const first = await stripe.transfers.create(wanted, KEY)
    await stripe.transfers.update(first.id, { description: 'changed since' })
    const again = await stripe.transfers.create(wanted, KEY)
    ctx.assert.equal(again.id, first.id)
    // Frozen: it does not show what changed since.
    ctx.assert.isNull(again.description)
    ctx.assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true')
    ctx.assert.equal(sandbox.effects('transfer'), 1)
  })

  test('a key with other parameters is refused', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 500, currency: 'usd', destination: account }
    await stripe.transfers.create(wanted, KEY)
    const refused = await refusal(stripe.transfers.create({ ...wanted, amount: 501 }, KEY))
    ctx.assert.equal(refused.type, 'StripeIdempotencyError')
    ctx.assert.equal(sandbox.effects('transfer'), 1)
  })

  test('a key is of one account, and forgotten after a day', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 500, currency: 'usd' }
    await stripe.transfers.create({ ...wanted, destination: account })
    await stripe.payouts.create(wanted, KEY)
    await stripe.payouts.create(wanted, { ...KEY, stripeAccount: account })
    ctx.assert.equal(sandbox.effects('payout'), 2)
    sandbox.advance(DAY - 60_000)
    await stripe.payouts.create(wanted, KEY)
    ctx.assert.equal(sandbox.effects('payout'), 2)
    sandbox.advance(60_000)
    await stripe.payouts.create(wanted, KEY)
    ctx.assert.equal(sandbox.effects('payout'), 3)
  })

  test('a refusal is replayed, but a failed validation is not stored', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test, { openingFloat: 0n })
    const { account } = await funded(sandbox, stripe)
    const much = { amount: 900_000, currency: 'usd', destination: account }
    await refusal(stripe.transfers.create(much, KEY))
    for (let i = 0; i < 9; i++) await funded(sandbox, stripe)
    const again = await refusal(stripe.transfers.create(much, KEY))
    ctx.assert.equal(again.code, 'balance_insufficient')
    const other = { idempotencyKey: 'release-2' }
    await refusal(stripe.transfers.create({ ...much, amount: 0 }, other))
    await stripe.transfers.create({ ...much, amount: 10 }, other)
    ctx.assert.equal(sandbox.effects('transfer'), 1)
  })

  test('of two at once, the second is told that the first still runs', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 500, currency: 'usd', destination: account }
    const hold = sandbox.hold('POST /v1/transfers')
    const first = stripe.transfers.create(wanted, KEY)
    await hold.arrived
    const second = await refusal(stripe.transfers.create(wanted, KEY))
    ctx.assert.equal(second.statusCode, 409)
    ctx.assert.equal(second.code, 'idempotency_key_in_use')
    hold.release()
    const [answered, replayed] = [await first, await stripe.transfers.create(wanted, KEY)]
    ctx.assert.equal(replayed.id, answered.id)
  })
})

test.group('Stripe stand-in: faults', () => {
  for (const kind of ['timeout', 'reset', 500, 429, 'malformed'] as const) {
    for (const at of ['before', 'after'] as const) {
      test(`${kind} ${at} the effect, then a retry with the same key, has one effect`, async (ctx) => {
        const { sandbox } = await started(ctx.test)
        const stripe = sdkFor(sandbox.url, { timeout: 150 })
        const { account } = await funded(sandbox, stripe)
        const wanted = { amount: 500, currency: 'usd', destination: account }
        // The SDK tries a closed connection once more by itself, so a reset needs two.
        sandbox.failNext('POST /v1/transfers', { at, with: kind, times: kind === 'reset' ? 2 : 1 })
        await refusal(stripe.transfers.create(wanted, KEY))
        ctx.assert.equal(sandbox.effects('transfer'), at === 'after' ? 1 : 0)
        const retried = await stripe.transfers.create(wanted, KEY)
        ctx.assert.equal(retried.amount, 500)
        ctx.assert.equal(sandbox.effects('transfer'), 1)
        ctx.assert.equal(sandbox.requestLog.at(-1)?.replayed, at === 'after')
      })
    }
  }

  test('a stored 500 is replayed although its effect happened', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { amount: 500, currency: 'usd', destination: account, transfer_group: 'g' }
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 500, replay500: true })
    await refusal(stripe.transfers.create(wanted, KEY))
    const again = await refusal(stripe.transfers.create(wanted, KEY))
    ctx.assert.equal(again.statusCode, 500)
    const found = await stripe.transfers.list({ transfer_group: 'g' })
    ctx.assert.lengthOf(found.data, 1)
  })

  test('a fault hits only the requests that it is meant for', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const { account } = await funded(sandbox, stripe)
    const wanted = { currency: 'usd', destination: account }
    sandbox.failNext('POST /v1/transfers', {
      at: 'before',
      with: 500,
      match: ({ amount }) => amount === '700',
    })
    await stripe.transfers.create({ ...wanted, amount: 500 })
    await refusal(stripe.transfers.create({ ...wanted, amount: 700 }))
    await stripe.transfers.create({ ...wanted, amount: 700 })
    ctx.assert.deepInclude(sandbox.requestLog.at(-2), {
      path: '/v1/transfers',
      fault: 500,
      status: 0,
    })
  })
})
