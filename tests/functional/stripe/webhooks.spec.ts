import { test } from '@japa/runner'
import { createHmac, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import db from '@adonisjs/lucid/services/db'
import env from '#start/env'
import InboxEvent from '#models/inbox_event'
import retryStuckInbox from '#jobs/retry_stuck_inbox'
import { stripe } from '#payments/stripe/index'
import { drain } from '#tests/support/jobs'
import { resetAll } from '#tests/support/database'
import { sandbox } from '#tests/support/sandbox'
import type { StoredEvent } from '#sandbox/stripe/index'
import { depositRequest, enabledRecipient, withSecret } from './helpers.js'

const address = (endpoint = '') =>
  `http://${process.env.HOST}:${process.env.PORT}/api/webhooks/stripe${endpoint}`

async function post(body: string, headers: Record<string, string>, endpoint = '') {
  const response = await fetch(address(endpoint), { method: 'POST', body, headers })
  return { status: response.status, body: (await response.json()) as any }
}

/** What Stripe would send, signed by whichever secret. */
function signed(payload: unknown, secret: string, ageSeconds = 0) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const t = Math.floor(Date.now() / 1000) - ageSeconds
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  return { body, headers: { 'stripe-signature': `t=${t},v1=${v1}` } }
}

const platformSecret = () => env.get('STRIPE_WEBHOOK_SECRETS').release().split(',')[0]
const connectSecret = () => env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')!.release().split(',')[0]

/** An event of the platform's that was not delivered yet. */
async function heldEvent(): Promise<StoredEvent> {
  sandbox.webhookMode({ paused: true })
  const { id } = await stripe.createDeposit(depositRequest())
  sandbox.confirm(id)
  return sandbox.events.find(({ type }) => type === 'payment_intent.succeeded')!
}

/** An event of a connected account's. */
async function heldConnectEvent(): Promise<StoredEvent> {
  sandbox.webhookMode({ paused: true })
  await enabledRecipient()
  return sandbox.events.find(({ type }) => type === 'account.updated')!
}

test.group('Webhooks of Stripe', (group) => {
  group.each.setup(resetAll)

  test('a signed event is stored with its object and answered at once', async ({ assert }) => {
    const event = await heldEvent()
    const { body, headers } = sandbox.signedPayload(event)
    const asked = sandbox.requestLog.length
    assert.deepEqual(await post(body, headers), { status: 200, body: { received: true } })
    assert.lengthOf(sandbox.requestLog, asked, 'Stripe is not asked before it has its answer')
    const row = await InboxEvent.findByOrFail('event_id', event.id)
    assert.deepInclude(row.serialize(), { rail: 'stripe', type: event.type, status: 'received' })
    assert.deepEqual(row.payload, JSON.parse(body))
  })

  test('the same event ten times, at once and in turn, is one row and one job', async ({
    assert,
  }) => {
    const event = await heldEvent()
    const { body, headers } = sandbox.signedPayload(event)
    const answers = await Promise.all(Array.from({ length: 9 }, () => post(body, headers)))
    answers.push(await post(body, headers))
    assert.isTrue(answers.every(({ status }) => status === 200))
    assert.lengthOf(await InboxEvent.all(), 1)
    assert.equal((await drain()).done, 1)
    assert.equal((await post(body, headers)).status, 200)
    assert.equal((await drain()).done, 0)
  })

  test('{what} is refused and leaves nothing')
    .with([
      { what: 'a body changed after signing', forge: (b: string, h: string) => [`${b} `, h] },
      { what: 'no signature', forge: (b: string) => [b, ''] },
      { what: 'a signature of nonsense', forge: (b: string) => [b, 'v1=,t=x'] },
      {
        what: 'a signature without a version',
        forge: (b: string, h: string) => [b, h.split(',')[0]],
      },
      { what: 'an empty body', forge: (_: string, h: string) => ['', h] },
    ])
    .run(async ({ assert }, { forge }) => {
      const event = await heldEvent()
      const { body, headers } = sandbox.signedPayload(event)
      const [sent, signature] = forge(body, headers['stripe-signature'])
      const answer = await post(sent, { 'stripe-signature': signature })
      assert.equal(answer.status, 400)
      assert.equal(answer.body.code, 'bad_signature')
      assert.isEmpty(await InboxEvent.all())
    })

  test('a signature by another secret is refused', async ({ assert }) => {
    const { body, headers } = sandbox.signedPayload(await heldEvent(), { secret: 'whsec_other' })
    assert.equal((await post(body, headers)).status, 400)
  })

  test('a signature ten minutes old is refused, one of four minutes is not', async ({ assert }) => {
    const event = await heldEvent()
    const now = Math.floor(Date.now() / 1000)
    const old = sandbox.signedPayload(event, { timestamp: now - 600 })
    const refused = await post(old.body, old.headers)
    assert.deepEqual([refused.status, refused.body.code], [400, 'bad_signature'])
    assert.isEmpty(await InboxEvent.all())
    const recent = sandbox.signedPayload(event, { timestamp: now - 240 })
    assert.equal((await post(recent.body, recent.headers)).status, 200)
  })

  test('each secret of the list is good, so that one can be rolled', async ({ assert }) => {
    withSecret('STRIPE_WEBHOOK_SECRETS', 'whsec_old, whsec_new')
    const event = { id: 'evt_1', object: 'event', type: 'customer.created', livemode: false }
    for (const secret of ['whsec_old', 'whsec_new']) {
      const { body, headers } = signed(event, secret)
      assert.equal((await post(body, headers)).status, 200)
    }
    const { body, headers } = signed(event, 'whsec_old, whsec_new')
    assert.equal((await post(body, headers)).status, 400)
  })

  test('without any secret nothing is believed', async ({ assert }) => {
    withSecret('STRIPE_WEBHOOK_SECRETS', ' , ')
    const { body, headers } = signed({ id: 'evt_1', type: 'x' }, '')
    assert.equal((await post(body, headers)).status, 400)
  })

  test('events of connected accounts have an endpoint and a secret of their own', async ({
    assert,
  }) => {
    const event = await heldConnectEvent()
    const { body, headers } = sandbox.signedPayload(event)
    assert.equal((await post(body, headers)).status, 400)
    assert.equal((await post(body, headers, '/connect')).status, 200)
    const row = await InboxEvent.findByOrFail('event_id', event.id)
    assert.equal(row.account, event.account)
    const platform = signed({ id: 'evt_2', type: 'x' }, platformSecret())
    assert.equal((await post(platform.body, platform.headers, '/connect')).status, 400)
  })

  test('a live event is refused by a test installation', async ({ assert }) => {
    const event = { id: 'evt_1', type: 'payment_intent.succeeded', livemode: true }
    const { body, headers } = signed(event, platformSecret())
    const answer = await post(body, headers)
    assert.deepEqual([answer.status, answer.body.code], [400, 'wrong_mode'])
    const connect = signed({ ...event, account: 'acct_1' }, connectSecret())
    assert.equal((await post(connect.body, connect.headers, '/connect')).status, 400)
    assert.isEmpty(await InboxEvent.all())
  })

  test('a live installation takes test events of its accounts in, and ignores them', async ({
    assert,
  }) => {
    withSecret('STRIPE_SECRET_KEY', 'sk_live_x')
    const event = { id: 'evt_1', type: 'account.updated', livemode: false, account: 'acct_1' }
    const platform = signed(event, platformSecret())
    assert.equal((await post(platform.body, platform.headers)).status, 400)
    const connect = signed(event, connectSecret())
    assert.equal((await post(connect.body, connect.headers, '/connect')).status, 200)
    await drain()
    assert.equal((await InboxEvent.findByOrFail('event_id', 'evt_1')).status, 'ignored')
  })

  test('a thin event of the v2 API is taken in and ignored', async ({ assert }) => {
    const event = {
      id: 'evt_thin',
      object: 'v2.core.event',
      type: 'v2.core.account[requirements].updated',
      livemode: false,
      related_object: { id: 'acct_1', type: 'v2.core.account' },
    }
    const { body, headers } = signed(event, platformSecret())
    assert.equal((await post(body, headers)).status, 200)
    await drain()
    assert.equal((await InboxEvent.findByOrFail('event_id', 'evt_thin')).status, 'ignored')
  })

  test('signed {what} is refused as no event')
    .with([
      { what: 'text that is no JSON', payload: '{"id": ' },
      { what: 'JSON that is no object', payload: 'null' },
      { what: 'an object without an id', payload: '{"type": "x"}' },
      { what: 'an object with a number for an id', payload: '{"id": 7}' },
      {
        what: 'JSON 100,000 lists deep',
        payload: `{"id":"evt_1","type":"x","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      },
    ])
    .run(async ({ assert }, { payload }) => {
      const { body, headers } = signed(payload, platformSecret())
      const answer = await post(body, headers)
      assert.deepEqual([answer.status, answer.body.code], [400, 'bad_payload'])
    })

  test('text that PostgreSQL cannot keep does not lose the event', async ({ assert }) => {
    const odd = '{"id":"evt_odd","type":"x","data":{"object":{"id":"a\\u0000b","name":"\\ud800"}}}'
    const { body, headers } = signed(odd, platformSecret())
    assert.equal((await post(body, headers)).status, 200)
    assert.lengthOf(await InboxEvent.all(), 1)
  })

  test('more than a megabyte is refused, however it is sent', async ({ assert }) => {
    const body = 'x'.repeat(1_100_000)
    const answer = await post(body, {})
    assert.deepEqual([answer.status, answer.body.code], [413, 'too_large'])
    assert.equal(await sendInChunks(body), 413)
  })

  test('an event whose object cannot be fetched fails visibly and is tried again', async ({
    assert,
  }) => {
    const event = await heldEvent()
    const { body, headers } = sandbox.signedPayload(event)
    await post(body, headers)
    sandbox.failNext('GET /v1/payment_intents/{intent}', { at: 'before', with: 500 })
    assert.equal((await drain({ mayFail: true })).failed, 1)
    const row = await InboxEvent.findByOrFail('event_id', event.id)
    assert.deepInclude(row.serialize(), { status: 'failed', attempts: 1 })
    assert.isNotEmpty(row.lastError)
    await drain({ retryNow: true })
    await row.refresh()
    assert.equal(row.attempts, 2)
    assert.notEqual(row.status, 'failed')
    assert.isEmpty(row.lastError)
    assert.isNotNull(row.handledAt)
  })

  test('an event that lost its job is found and done', async ({ assert }) => {
    const event = await heldEvent()
    const { body, headers } = sandbox.signedPayload(event)
    await post(body, headers)
    await db.from('pgboss.job').where('name', 'process_inbox_event').delete()
    const context = { id: '1', attempt: 1, lastAttempt: true } as any
    const run = () =>
      retryStuckInbox.handle({}, { ...context, logger: { warn() {} }, signal: undefined })
    await run()
    assert.equal((await drain()).done, 0, 'too fresh to be stuck')
    await db.from('inbox_events').update({ received_at: db.raw("now() - interval '11 minutes'") })
    await run()
    assert.equal((await drain()).done, 1)
    const row = await InboxEvent.findByOrFail('event_id', event.id)
    assert.notInclude(['received', 'failed'], row.status)
  })

  test('everything that Stripe sends for a payment it made by itself is ignored, not failed', async ({
    assert,
  }) => {
    const { id } = await stripe.createDeposit(depositRequest({ transactionId: randomUUID() }))
    sandbox.confirm(id)
    sandbox.openDispute(sandbox.charges[0].id)
    await sandbox.flushWebhooks()
    const { failed } = await drain()
    assert.equal(failed, 0)
    const open = await InboxEvent.query().whereIn('status', ['received', 'failed'])
    assert.isEmpty(open)
    assert.isTrue((await InboxEvent.all()).length >= 4)
  })
})

/** Without a Content-Length, so that only reading tells how much comes. */
function sendInChunks(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(address(), { method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
    for (let at = 0; at < body.length; at += 100_000) request.write(body.slice(at, at + 100_000))
    request.end()
  })
}
