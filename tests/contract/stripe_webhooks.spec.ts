import { test } from '@japa/runner'
import Stripe from 'stripe'
import { funded, receiver, sdkFor, started } from './stripe_helpers.js'

const SECRET = 'whsec_platform'
const CONNECT = 'whsec_connect'

test.group('Stripe stand-in: webhooks', () => {
  test('a delivery is signed as the SDK verifies, by the secret of its endpoint', async (ctx) => {
    const platform = await receiver(ctx.test)
    const connect = await receiver(ctx.test)
    const { sandbox, stripe } = await started(ctx.test, {
      webhooks: [
        { url: platform.url, secret: SECRET },
        { url: connect.url, secret: CONNECT, connect: true },
      ],
    })
    const { account } = await funded(sandbox, stripe)
    await sandbox.flushWebhooks()
    const open = (from: typeof platform, secret: string) =>
      from.received.map(({ body, headers }) =>
        stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret)
      )
    ctx.assert.sameMembers(
      open(platform, SECRET).map(({ type }) => type),
      ['payment_intent.created', 'payment_intent.succeeded', 'charge.succeeded']
    )
    const theirs = open(connect, CONNECT)
    ctx.assert.sameMembers(
      theirs.map(({ type }) => type),
      ['account.updated', 'capability.updated']
    )
    ctx.assert.equal(theirs[0].account, account)
    ctx.assert.throws(() => open(platform, CONNECT))
    const [first] = platform.received
    const tampered = first.body.replace('"livemode": false', '"livemode": true')
    ctx.assert.throws(() =>
      stripe.webhooks.constructEvent(tampered, first.headers['stripe-signature'] ?? '', SECRET)
    )
  })

  test('an old signature is refused by age', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    await funded(sandbox, stripe)
    const event = sandbox.events[0]
    const old = sandbox.signedPayload(event, { secret: SECRET, timestamp: Date.now() / 1000 - 301 })
    const fresh = sandbox.signedPayload(event, { secret: SECRET })
    const verify = ({ body, headers }: typeof old) =>
      stripe.webhooks.constructEvent(body, headers['stripe-signature'], SECRET)
    ctx.assert.equal(verify(fresh).id, event.id)
    ctx.assert.throws(() => verify(old))
  })

  test('an endpoint that fails gets the event again, until it accepts it', async (ctx) => {
    const { received, state, url } = await receiver(ctx.test)
    state.status = 500
    const { sandbox, stripe } = await started(ctx.test, {
      webhooks: [{ url, secret: SECRET }],
      webhookRetryDelaysMs: [20, 20, 20, 20, 20, 20, 20, 20, 20, 20],
    })
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
    while (received.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    const failing = await stripe.events.list({ delivery_success: false })
    ctx.assert.equal(failing.data[0].pending_webhooks, 1)
    state.status = 204
    await sandbox.flushWebhooks()
    ctx.assert.equal(new Set(received.map(({ id }) => id)).size, 1)
    const left = await stripe.events.list({ delivery_success: false })
    ctx.assert.lengthOf(left.data, 0)
  })

  test('what was given up or dropped is found among the undelivered events', async (ctx) => {
    const { received, state, url } = await receiver(ctx.test)
    const { sandbox, stripe } = await started(ctx.test, {
      webhooks: [{ url, secret: SECRET }],
      webhookRetryDelaysMs: [1],
    })
    sandbox.webhookMode({ drop: ({ type }) => type === 'charge.succeeded' })
    await funded(sandbox, stripe)
    await sandbox.flushWebhooks()
    const missed = await stripe.events.list({ delivery_success: false })
    ctx.assert.deepEqual(
      missed.data.map(({ type }) => type),
      ['charge.succeeded']
    )
    ctx.assert.notInclude(
      received.map(({ type }) => type),
      'charge.succeeded'
    )
    sandbox.webhookMode({})
    state.status = 500
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
    await sandbox.flushWebhooks()
    const given = await stripe.events.list({ delivery_success: false })
    ctx.assert.lengthOf(given.data, 2)
  })

  test('events of an account are asked for by its name, and kept for 30 days', async (ctx) => {
    const { url } = await receiver(ctx.test)
    const { sandbox, stripe } = await started(ctx.test, {
      webhooks: [{ url, secret: CONNECT, connect: true }],
    })
    sandbox.webhookMode({ drop: () => true })
    const { account } = await funded(sandbox, stripe)
    const ours = await stripe.events.list({ delivery_success: false })
    ctx.assert.isEmpty(ours.data, 'no endpoint of the platform waits for any')
    const missed = { delivery_success: false, limit: 1 }
    const types: string[] = []
    for await (const event of stripe.events.list(missed, { stripeAccount: account })) {
      types.push(event.type)
    }
    ctx.assert.deepEqual(types, ['account.updated', 'capability.updated'])
    sandbox.advance(31 * 24 * 3_600_000)
    const old = await stripe.events.list(missed, { stripeAccount: account })
    ctx.assert.isEmpty(old.data)
  })

  test('events wait while paused, and come doubled and shuffled when asked', async (ctx) => {
    const { received, url } = await receiver(ctx.test)
    const { sandbox, stripe } = await started(ctx.test, { webhooks: [{ url, secret: SECRET }] })
    const orders = new Set<string>()
    for (const seed of [1, 2, 3, 4]) {
      received.length = 0
      await sandbox.reset()
      sandbox.webhookMode({ paused: true, duplicate: 1, shuffle: seed })
      await funded(sandbox, stripe)
      await new Promise((resolve) => setTimeout(resolve, 20))
      ctx.assert.lengthOf(received, 0)
      await sandbox.flushWebhooks()
      ctx.assert.lengthOf(received, 6)
      orders.add(received.map(({ type }) => type).join())
    }
    ctx.assert.isAbove(orders.size, 1)
  })

  test('a declined card is an event, and a refused browser call is not an effect', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
    ctx.assert.isFalse(sandbox.confirm(intent.id, { card: 'pm_card_chargeDeclined' }))
    const failed = await stripe.paymentIntents.retrieve(intent.id)
    ctx.assert.equal(failed.last_payment_error?.decline_code, 'generic_decline')
    const browser = sdkFor(sandbox.url, {}, 'pk_test_x')
    await ctx.assert.rejects(() => browser.paymentIntents.confirm(intent.id))
    await ctx.assert.rejects(() => browser.transfers.list())
    ctx.assert.equal(sandbox.events.at(-1)?.type, 'payment_intent.payment_failed')
    ctx.assert.instanceOf(browser, Stripe)
  })
})
