import { test } from '@japa/runner'
import { verify, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { SignedPayload } from '../../sandbox/paypal/index.js'
import { captured, DAY, paidOut, started, WEBHOOK, type Client } from './paypal_helpers.js'
import { receiver } from './stripe_helpers.js'

type Delivered = Pick<SignedPayload, 'body'> & { headers: Record<string, unknown> }

/** As a receiver would judge it that has the certificate from where the delivery says it is. */
async function isGenuine({ body, headers }: Delivered, webhookId: string): Promise<boolean> {
  const header = (name: string) => String(headers[`paypal-${name}`])
  const certificate = await fetch(header('cert-url'))
  if (!certificate.ok) return false
  const { publicKey, validToDate, subject } = new X509Certificate(await certificate.text())
  const text = [header('transmission-id'), header('transmission-time'), webhookId, crc32(body)]
  return (
    subject === 'CN=messageverificationcerts.paypal.com' &&
    validToDate > new Date() &&
    header('auth-algo') === 'SHA256withRSA' &&
    verify(
      'sha256',
      Buffer.from(text.join('|')),
      publicKey,
      Buffer.from(header('transmission-sig'), 'base64')
    )
  )
}

/** What the sandbox says itself of a delivery. */
async function verdict(client: Client, { body, headers }: Delivered, webhookId: string) {
  const answer = await client.post('/v1/notifications/verify-webhook-signature', {
    auth_algo: headers['paypal-auth-algo'],
    cert_url: headers['paypal-cert-url'],
    transmission_id: headers['paypal-transmission-id'],
    transmission_sig: headers['paypal-transmission-sig'],
    transmission_time: headers['paypal-transmission-time'],
    webhook_id: webhookId,
    webhook_event: JSON.parse(body) as object,
  })
  return answer.body.verification_status as string
}

const typesOf = (received: { body: string }[]) =>
  received.map(({ body }) => (JSON.parse(body) as { event_type: string }).event_type)

test.group('PayPal stand-in: webhooks', () => {
  test('every webhook gets every event that it is subscribed to, signed for itself', async (ctx) => {
    const [paypal, venmo, picky] = [
      await receiver(ctx.test),
      await receiver(ctx.test),
      await receiver(ctx.test),
    ]
    const { sandbox, client } = await started(ctx.test, {
      webhooks: [
        { id: WEBHOOK.paypal, url: paypal.url },
        { id: WEBHOOK.venmo, url: venmo.url },
        { id: 'PICKY', url: picky.url, eventTypes: ['PAYMENT.CAPTURE.COMPLETED'] },
      ],
    })
    await captured(client, '10.00', { wallet: 'venmo' })
    await sandbox.flushWebhooks()
    const both = ['CHECKOUT.ORDER.APPROVED', 'PAYMENT.CAPTURE.COMPLETED']
    ctx.assert.sameMembers(typesOf(paypal.received), both)
    ctx.assert.sameMembers(typesOf(venmo.received), both)
    ctx.assert.deepEqual(typesOf(picky.received), ['PAYMENT.CAPTURE.COMPLETED'])
    for (const [{ received }, id, other] of [
      [paypal, WEBHOOK.paypal, WEBHOOK.venmo],
      [venmo, WEBHOOK.venmo, WEBHOOK.paypal],
    ] as const) {
      ctx.assert.isTrue(await isGenuine(received[0], id))
      ctx.assert.isFalse(await isGenuine(received[0], other))
      ctx.assert.equal(await verdict(client, received[0], id), 'SUCCESS')
      ctx.assert.equal(await verdict(client, received[0], other), 'FAILURE')
    }
  })

  test('what is forged, tampered with or for another webhook is no delivery of ours', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, {
      webhooks: [{ id: WEBHOOK.paypal, url: 'http://127.0.0.1:9/' }],
      webhookRetryDelaysMs: [],
    })
    await captured(client)
    const [event] = sandbox.events
    const genuine = sandbox.signedPayload(event)
    ctx.assert.isTrue(await isGenuine(genuine, WEBHOOK.paypal))
    const forgeries = {
      tampered: { tampered: (body: string) => body.replace('APPROVED', 'APPROVEE') },
      keyPair: { keyPair: sandbox.forgedKeyPair() },
      certUrl: { certUrl: `${sandbox.url}/v1/notifications/certs/CERT-none` },
      webhookId: { webhookId: WEBHOOK.venmo },
    }
    for (const [name, options] of Object.entries(forgeries)) {
      const forged = sandbox.signedPayload(event, options)
      ctx.assert.isFalse(await isGenuine(forged, WEBHOOK.paypal), name)
      ctx.assert.equal(await verdict(client, forged, WEBHOOK.paypal), 'FAILURE', name)
    }
    const old = sandbox.signedPayload(event, { timestamp: Date.now() - DAY })
    ctx.assert.isBelow(Date.parse(old.headers['paypal-transmission-time']), Date.now() - DAY / 2)
    ctx.assert.isTrue(await isGenuine(old, WEBHOOK.paypal))
  })

  test('a signature is always of the form that the document of its check allows', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, {
      webhooks: [{ id: WEBHOOK.paypal, url: 'http://127.0.0.1:9/' }],
      webhookRetryDelaysMs: [],
    })
    await captured(client)
    for (let i = 0; i < 100; i++) {
      const { headers } = sandbox.signedPayload(sandbox.events[0])
      ctx.assert.match(headers['paypal-transmission-sig'], /^(?!\d+$)\w+\S+/)
    }
  })

  test('an endpoint that fails gets the event again, and a new webhook of it when it is resent', async (ctx) => {
    const { received, state, url } = await receiver(ctx.test)
    state.status = 500
    const { sandbox, client } = await started(ctx.test, {
      webhooks: [{ id: WEBHOOK.paypal, url }],
      webhookRetryDelaysMs: Array<number>(10).fill(20),
    })
    await paidOut(client)
    while (received.length < 6) await new Promise((resolve) => setTimeout(resolve, 5))
    state.status = 200
    await sandbox.flushWebhooks()
    ctx.assert.equal(new Set(received.map(({ id }) => id)).size, sandbox.events.length)
    const transmissions = received.map(({ headers }) => headers['paypal-transmission-id'])
    ctx.assert.equal(new Set(transmissions).size, received.length)
    const before = received.length
    const path = `/v1/notifications/webhooks-events/${sandbox.events[0].id}/resend`
    ctx.assert.equal((await client.post(path, {})).status, 202)
    ctx.assert.equal((await client.post(path, { webhook_ids: ['NONE'] })).status, 404)
    await sandbox.flushWebhooks()
    ctx.assert.lengthOf(received, before + 1)
    ctx.assert.equal(received.at(-1)?.id, sandbox.events[0].id)
  })

  test('events wait while paused, come doubled and shuffled, or not at all', async (ctx) => {
    const { received, url } = await receiver(ctx.test)
    const { sandbox, client } = await started(ctx.test, {
      webhooks: [{ id: WEBHOOK.paypal, url }],
    })
    const orders = new Set<string>()
    for (const seed of [1, 2, 3, 4]) {
      received.length = 0
      await sandbox.reset()
      sandbox.webhookMode({
        paused: true,
        duplicate: 1,
        shuffle: seed,
        drop: ['PAYMENT.PAYOUTSBATCH.PROCESSING'],
      })
      await captured(client)
      await paidOut(client)
      await new Promise((resolve) => setTimeout(resolve, 20))
      ctx.assert.lengthOf(received, 0)
      await sandbox.flushWebhooks()
      ctx.assert.lengthOf(received, 2 * 4)
      ctx.assert.notInclude(typesOf(received), 'PAYMENT.PAYOUTSBATCH.PROCESSING')
      orders.add(typesOf(received).join())
    }
    ctx.assert.isAbove(orders.size, 1)
    // What never came is listed all the same.
    const query = '?event_type=PAYMENT.PAYOUTSBATCH.PROCESSING'
    const { body } = await client.get(`/v1/notifications/webhooks-events${query}`)
    ctx.assert.equal(body.count, 1)
    ctx.assert.deepEqual(await sandbox.deliver(body.events[0], { times: 2 }), [200, 200])
  })

  test('the list of events pages through all of a period once, newest first', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    await captured(client)
    sandbox.advance(DAY)
    const middle = new Date(sandbox.now).toISOString()
    sandbox.advance(1000)
    const { capture } = await captured(client)
    await captured(client)
    const list = async (query: Record<string, string>) => {
      const found: string[] = []
      let next: string | undefined =
        `/v1/notifications/webhooks-events?${new URLSearchParams(query)}`
      while (next) {
        const { body } = await client.get(next)
        found.push(...body.events.map(({ id }: { id: string }) => id))
        next = body.links.find(({ rel }: { rel: string }) => rel === 'next')?.href
      }
      return found
    }
    const all = sandbox.events.map(({ id }) => id).reverse()
    ctx.assert.deepEqual(await list({ page_size: '2' }), all)
    ctx.assert.deepEqual(await list({ page_size: '3', start_time: middle }), all.slice(0, 4))
    ctx.assert.deepEqual(await list({ end_time: middle }), all.slice(4))
    ctx.assert.lengthOf(await list({ transaction_id: capture }), 1)
    sandbox.advance(30 * DAY)
    ctx.assert.deepEqual(await list({}), [])
  })
})
