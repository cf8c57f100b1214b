import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { newKeyPair, type KeyPair } from '#sandbox/paypal/certificate'
import { signEvent, type SigningOptions } from '#sandbox/paypal/signature'
import { Problem } from '#exceptions/problem'
import InboxEvent from '#models/inbox_event'
import { forgetCertificates } from '#payments/paypal/certificates'
import { paypal } from '#payments/paypal/index'
import { ProviderFailure, type WebhookEndpoint } from '#payments/provider'
import { resetAll } from '#tests/support/database'
import {
  DAY,
  HOUR,
  json,
  serverAt,
  serverInPaypalsPlace,
  strangePaypal,
  withSetting,
  type Asked,
} from './helpers.js'

const CERTIFICATE = '/v1/notifications/certs/CERT-1'
const VERIFY = 'POST /v1/notifications/verify-webhook-signature'
const OURS = newKeyPair(Date.now())
const THEIRS = newKeyPair(Date.now())

const served = (pem: string) => json(pem, 200, { 'content-type': 'application/x-pem-file' })

interface Place {
  /** Where PayPal is. */
  base: string
  asked: Asked[]
}

/** Somebody in PayPal's place who signs with a certificate of their own, as the sandbox does. */
async function paypalThatSigns(more: Parameters<typeof strangePaypal>[0] = {}): Promise<Place> {
  withSetting('PAYPAL_WEBHOOK_ID', 'WEBHOOK1')
  withSetting('VENMO_WEBHOOK_ID', 'WEBHOOK2')
  forgetCertificates()
  const asked = await strangePaypal({
    [`GET ${CERTIFICATE}`]: served(OURS.certificate),
    ...more,
  })
  const { default: env } = await import('#start/env')
  return { base: env.get('PAYPAL_API_BASE')!, asked }
}

const anEvent = (more: object = {}) => ({
  id: `WH-${randomUUID()}`,
  event_version: '1.0' as const,
  create_time: new Date().toISOString(),
  resource_type: 'checkout-order',
  event_type: 'CHECKOUT.ORDER.APPROVED',
  summary: 'An order has been approved by buyer',
  resource: { id: 'ORDER1' },
  links: [],
  ...more,
})

function signed(
  { base }: Place,
  {
    keyPair = OURS,
    certUrl = `${base}${CERTIFICATE}`,
    webhookId = 'WEBHOOK1',
    event = anEvent(),
    ...options
  }: SigningOptions & { keyPair?: KeyPair; event?: ReturnType<typeof anEvent> } = {}
) {
  const { body, headers } = signEvent(event, webhookId, { keyPair, certUrl }, options)
  return { body, headers: headers as Record<string, string>, event }
}

/** The code of the problem that it was refused with, or the event's type. */
async function told(
  { body, headers }: { body: string; headers: Record<string, string | undefined> },
  endpoint: WebhookEndpoint = 'platform'
): Promise<string> {
  try {
    const { event } = await paypal.verifyWebhook(body, headers, endpoint)
    return event.type
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.code}`
    if (error instanceof ProviderFailure) return error.code
    throw error
  }
}

const REFUSED = '400 bad_signature'
const TAKEN = 'CHECKOUT.ORDER.APPROVED'

test.group('Signatures of PayPal', () => {
  test('a signed event is taken, whatever its body is written like', async ({ assert }) => {
    const place = await paypalThatSigns()
    for (const summary of ['plain', 'Grüße, 東京 🎉', '"\\u0000', ' '.repeat(5000)]) {
      assert.equal(await told(signed(place, { event: anEvent({ summary }) })), TAKEN)
    }
    const { body, headers, event } = signed(place)
    const verified = await paypal.verifyWebhook(body, headers, 'platform')
    assert.deepEqual(verified.payload, JSON.parse(JSON.stringify(event)))
    assert.deepEqual(verified.event.subject, { kind: 'deposit', id: 'ORDER1' })
  })

  test("a certificate URL taken from the webhook's own header without checking its host", async ({
    assert,
  }) => {
    const place = await paypalThatSigns()
    let asked = 0
    const attacker = await serverAt((request, response) => {
      asked++
      request.resume()
      served(THEIRS.certificate)({} as Asked, response)
    })
    const port = new URL(place.base).port
    const addresses = [
      `${attacker}${CERTIFICATE}`,
      `${attacker.replace('127.0.0.1', 'localhost')}${CERTIFICATE}`,
      // Whose names only look like the right one.
      `http://127.0.0.1:${port}@${new URL(attacker).host}${CERTIFICATE}`,
      `${place.base}.attacker.example${CERTIFICATE}`,
      `https://api.paypal.com.attacker.example${CERTIFICATE}`,
      `https://paypal.com@attacker.example${CERTIFICATE}`,
      `https://notpaypal.com${CERTIFICATE}`,
      // The right host, but not where certificates are.
      `${place.base}/v1/notifications/certs`,
      `${place.base}/v2/checkout/orders/${CERTIFICATE}`,
      `${place.base}/v1/notifications/certs/../../../uploads/CERT-1`,
      // PayPal's own certificates are nothing to whom somebody else signs for.
      `https://api.paypal.com${CERTIFICATE}`,
      `file://${CERTIFICATE}`,
      'not a url',
      '',
    ]
    for (const certUrl of addresses) {
      const forged = signed(place, { keyPair: THEIRS, certUrl })
      assert.equal(await told(forged), REFUSED, certUrl)
    }
    assert.equal(asked, 0, 'nobody else is asked for a certificate')
    assert.isEmpty(place.asked)
  })

  test("at PayPal itself only PayPal's own hosts are asked, over https, each in its own world", async ({
    assert,
  }) => {
    const place = await paypalThatSigns()
    const forged = (base: string, certUrl: string) => {
      withSetting('PAYPAL_API_BASE', base)
      return told(signed(place, { keyPair: THEIRS, certUrl }))
    }
    const live = 'https://api-m.paypal.com'
    for (const certUrl of [
      `${place.base}${CERTIFICATE}`,
      `http://api.paypal.com${CERTIFICATE}`,
      `https://api.paypal.com:8443${CERTIFICATE}`,
      `https://user:pw@api.paypal.com${CERTIFICATE}`,
      `https://api.paypal.com.attacker.example${CERTIFICATE}`,
      `https://apipaypal.com${CERTIFICATE}`,
      `https://api.sandbox.paypal.com${CERTIFICATE}`,
      'https://api.paypal.com/uploads/CERT-1',
    ]) {
      assert.equal(await forged(live, certUrl), REFUSED, certUrl)
    }
    const sandbox = 'https://api-m.sandbox.paypal.com'
    assert.equal(await forged(sandbox, `https://api.paypal.com${CERTIFICATE}`), REFUSED)
    assert.isEmpty(place.asked)
  })

  test('{what} is refused')
    .with([
      { what: "another key's signature", options: { keyPair: THEIRS } },
      { what: "another webhook's signature", options: { webhookId: 'WEBHOOK2' } },
      { what: 'a changed body', options: { tampered: (body: string) => `${body} ` } },
      { what: 'a signature of five days ago', options: { timestamp: Date.now() - 5 * DAY } },
      { what: 'a signature of the future', options: { timestamp: Date.now() + HOUR } },
    ])
    .run(async ({ assert }, { options }) => {
      const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'FAILURE' }) })
      assert.equal(await told(signed(place, options)), REFUSED)
    })

  test('without any one of its headers it is refused', async ({ assert }) => {
    const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'SUCCESS' }) })
    const { body, headers } = signed(place)
    for (const name of Object.keys(headers).filter((header) => header.startsWith('paypal-'))) {
      assert.equal(await told({ body, headers: { ...headers, [name]: undefined } }), REFUSED, name)
      assert.equal(await told({ body, headers: { ...headers, [name]: '' } }), REFUSED, name)
    }
    const odd = { 'paypal-auth-algo': 'none', 'paypal-transmission-time': 'yesterday' }
    for (const [name, value] of Object.entries(odd)) {
      assert.equal(await told({ body, headers: { ...headers, [name]: value } }), REFUSED, name)
    }
    assert.isEmpty(place.asked)
  })

  test('each address has its own webhook id, and none without one believes anything', async ({
    assert,
  }) => {
    const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'FAILURE' }) })
    const venmo = signed(place, { webhookId: 'WEBHOOK2' })
    assert.equal(await told(venmo, 'venmo'), TAKEN)
    assert.equal(await told(venmo, 'platform'), REFUSED)
    assert.equal(await told(signed(place), 'connect'), REFUSED)
    withSetting('VENMO_WEBHOOK_ID', '')
    assert.equal(await told(venmo, 'venmo'), REFUSED)
    assert.equal(await told(signed(place, { webhookId: '' }), 'venmo'), REFUSED)
  })

  test('a signature of three days ago is good: PayPal sends for so long', async ({ assert }) => {
    const place = await paypalThatSigns()
    const timestamp = Date.now() - 3 * DAY - HOUR
    assert.equal(await told(signed(place, { timestamp })), TAKEN)
  })

  test('what is signed but no event is refused as such', async ({ assert }) => {
    const place = await paypalThatSigns()
    for (const event of [{ id: '' }, { id: 7 }, 'text', []]) {
      assert.equal(await told(signed(place, { event: event as never })), '400 bad_payload')
    }
  })
})

test.group('The certificate of PayPal', () => {
  test('is fetched once, also when many come at once', async ({ assert }) => {
    const place = await paypalThatSigns()
    const all = await Promise.all(Array.from({ length: 10 }, () => told(signed(place))))
    assert.deepEqual(new Set(all), new Set([TAKEN]))
    assert.lengthOf(place.asked, 1)
  })

  test('is asked for again when it could not be had: {what}')
    .with([
      { what: 'an error', answer: json({}, 500) },
      { what: 'no certificate', answer: served('-----BEGIN CERTIFICATE-----\nx\n') },
      { what: 'far too much', answer: served(`${OURS.certificate}${'\n'.repeat(200_000)}`) },
      {
        what: 'a redirect, which is not followed',
        answer: json('', 302, { location: `${CERTIFICATE}-elsewhere` }),
      },
    ])
    .run(async ({ assert }, { answer }) => {
      const place = await paypalThatSigns({
        [`GET ${CERTIFICATE}`]: [answer, served(OURS.certificate)],
      })
      assert.equal(await told(signed(place)), 'certificate_unavailable')
      assert.equal(await told(signed(place)), TAKEN)
      assert.isTrue(place.asked.every(({ path }) => path === CERTIFICATE))
    })

  test('that is not valid yet, or any more, signs nothing')
    .with([{ at: Date.now() + 10 * DAY }, { at: Date.now() - 400 * DAY }])
    .run(async ({ assert }, { at }) => {
      const keyPair = newKeyPair(at)
      const place = await paypalThatSigns({
        [`GET ${CERTIFICATE}`]: served(keyPair.certificate),
        [VERIFY]: json({ verification_status: 'SUCCESS' }),
      })
      assert.equal(await told(signed(place, { keyPair })), REFUSED)
      assert.lengthOf(place.asked, 1, 'and nobody is asked whether it does')
    })
})

test.group('A form of the checksum that nobody has written down', () => {
  /** Signed, but not over what we expect. */
  const inAnotherForm = (place: Place) => signed(place, { webhookId: 'another form' })

  test('is checked by PayPal, with the event as it came', async ({ assert }) => {
    const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'SUCCESS' }) })
    const { body, headers } = inAnotherForm(place)
    assert.equal(await told({ body, headers }), TAKEN)
    const [, check] = place.asked
    assert.isTrue(check.body.endsWith(`"webhook_event":${body}}`))
    assert.deepInclude(JSON.parse(check.body), {
      auth_algo: 'SHA256withRSA',
      cert_url: `${place.base}${CERTIFICATE}`,
      transmission_id: headers['paypal-transmission-id'],
      transmission_sig: headers['paypal-transmission-sig'],
      transmission_time: headers['paypal-transmission-time'],
      webhook_id: 'WEBHOOK1',
    })
  })

  test('is refused when PayPal says so, and not decided when PayPal says nothing', async ({
    assert,
  }) => {
    const place = await paypalThatSigns({
      [VERIFY]: [
        json({ verification_status: 'FAILURE' }),
        json({ name: 'VALIDATION_ERROR' }, 400),
        json({}, 200),
        json({ name: 'INTERNAL_SERVER_ERROR' }, 500),
      ],
    })
    const answers: string[] = []
    for (let at = 0; at < 4; at++) answers.push(await told(inAnotherForm(place)))
    assert.deepEqual(answers, [REFUSED, REFUSED, REFUSED, 'INTERNAL_SERVER_ERROR'])
  })

  test('is ours once one signature has shown it: then PayPal is not asked any more', async ({
    assert,
  }) => {
    const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'SUCCESS' }) })
    assert.equal(await told(signed(place)), TAKEN)
    assert.equal(await told(inAnotherForm(place)), REFUSED)
    assert.lengthOf(place.asked, 1, 'its certificate')
  })
})

test.group('Webhooks of PayPal', (group) => {
  group.each.setup(resetAll)

  async function post(path: string, { body, headers }: ReturnType<typeof signed>) {
    const address = `http://${process.env.HOST}:${process.env.PORT}/api/webhooks/${path}`
    const response = await fetch(address, { method: 'POST', body, headers })
    return { status: response.status, body: (await response.json()) as any }
  }

  test('the same event is one row, however often and wherever it comes', async ({ assert }) => {
    const place = await paypalThatSigns()
    const event = anEvent()
    const forPaypal = () => signed(place, { event })
    const forVenmo = () => signed(place, { event, webhookId: 'WEBHOOK2' })
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => post('paypal', forPaypal())),
      ...Array.from({ length: 4 }, () => post('venmo', forVenmo())),
    ])
    for (const answer of answers) {
      assert.deepEqual(answer, { status: 200, body: { received: true } })
    }
    const rows = await InboxEvent.all()
    assert.lengthOf(rows, 1)
    assert.deepInclude(rows[0].serialize(), { rail: 'paypal', type: event.event_type })
    assert.equal(rows[0].eventId, event.id)
  })

  test('when the certificate cannot be had, it is told to come again', async ({ assert }) => {
    const base = await serverInPaypalsPlace((_, response) => response.destroy())
    withSetting('PAYPAL_WEBHOOK_ID', 'WEBHOOK1')
    forgetCertificates()
    const { status, body } = await post('paypal', signed({ base, asked: [] }))
    assert.deepEqual([status, body.code], [503, 'provider_no_answer'])
    assert.isEmpty(await InboxEvent.all())
  })

  test('a forged one leaves nothing', async ({ assert }) => {
    const place = await paypalThatSigns({ [VERIFY]: json({ verification_status: 'FAILURE' }) })
    const answer = await post('paypal', signed(place, { keyPair: THEIRS }))
    assert.deepEqual([answer.status, answer.body.code], [400, 'bad_signature'])
    assert.isEmpty(await InboxEvent.all())
  })
})
