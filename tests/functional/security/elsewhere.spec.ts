import { readFile } from 'node:fs/promises'
import { createHmac, randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import env from '#start/env'
import { signedDownload } from '#drive/signed_download'
import { channelOf } from '#notifications/live/streams'
import { unsubscribeToken } from '#notifications/mail/unsubscribe'
import { resetAll } from '#tests/support/database'
import { api, expectData } from '#tests/support/api'
import { OauthProviderServer } from '#tests/support/oauth_provider'
import { openStream, ownUrl } from '#tests/support/live'
import { paypalSandbox } from '#tests/support/sandbox'
import { createStaff, staffCookies } from '#tests/support/staff'
import { aClient, tokenOf } from '#tests/support/users'
import { A_PICTURE } from '../api/world.js'
import { ELSEWHERE, isOfTheSite, STREAMS } from './access.js'

interface Sent {
  /** From the root, with query. */
  path: string
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** With what lets in, and without. Routes for everybody have nothing to leave out. */
type Samples = Record<string, { accepted: Sent; refused?: Sent }>

async function ask({ path, ...init }: Sent, headers: Record<string, string> = {}) {
  const cookie = [init.headers?.cookie, headers.cookie].filter(Boolean).join('; ')
  const response = await fetch(path.startsWith('http') ? path : ownUrl() + path, {
    redirect: 'manual',
    ...init,
    headers: { ...init.headers, ...headers, ...(cookie && { cookie }) },
  })
  await response.arrayBuffer()
  return response.status
}

/** An event as Stripe signs it. */
function ofStripe(path: string, secret: string): { accepted: Sent; refused: Sent } {
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'customer.created',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object: { id: 'cus_1', object: 'customer' } },
  })
  const at = Math.floor(Date.now() / 1000)
  const sign = (key: string) =>
    `t=${at},v1=${createHmac('sha256', key).update(`${at}.${body}`).digest('hex')}`
  const sent = (key: string): Sent => ({
    path,
    method: 'POST',
    body,
    headers: { 'stripe-signature': sign(key) },
  })
  return { accepted: sent(secret), refused: sent('whsec_of_somebody_else') }
}

/** An event as PayPal signs it for one of our addresses. */
function ofPaypal(path: string, webhookId: string): { accepted: Sent; refused: Sent } {
  const event = {
    id: `WH-${randomUUID()}`,
    event_version: '1.0' as const,
    create_time: new Date().toISOString(),
    resource_type: 'checkout-order',
    event_type: 'CHECKOUT.ORDER.APPROVED',
    summary: 'An order has been approved by buyer',
    resource: { id: 'ORDER1' },
    links: [],
  }
  const sent = (options: { webhookId: string }): Sent => {
    const { body, headers } = paypalSandbox.signedPayload(event, options)
    return { path, method: 'POST', body, headers }
  }
  return { accepted: sent({ webhookId }), refused: sent({ webhookId: 'OF-SOMEBODY-ELSE' }) }
}

async function samples(): Promise<Samples> {
  const user = await aClient()
  const { avatar: picture } = expectData(
    await api(user).upload('users/upload-avatar', 'avatar', A_PICTURE)
  )
  await drive.use('fs').put('test/elsewhere/one', 'One.')
  const { url } = await signedDownload('test/elsewhere/one', { name: 'one' })
  const manifest = await readFile(app.makePath('public/assets/.vite/manifest.json'), 'utf8')
  const link = '/api/notifications/unsubscribe?token='
  const token = encodeURIComponent(unsubscribeToken(user.id, 'work'))
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const [platform] = env.get('STRIPE_WEBHOOK_SECRETS').release().split(',')
  const [connect] = env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')!.release().split(',')
  return {
    'GET /health/live': { accepted: { path: '/health/live' } },
    'GET /health/ready': { accepted: { path: '/health/ready' } },
    'GET /openapi.json': { accepted: { path: '/openapi.json' } },
    'GET /docs': { accepted: { path: '/docs' } },
    'GET /docs/style.css': { accepted: { path: '/docs/style.css' } },
    'GET /problems/:code': { accepted: { path: '/problems/not_found' } },
    'GET /assets/*': {
      accepted: { path: `/assets/${JSON.parse(manifest)['resources/css/console.css'].file}` },
    },
    'GET /avatars/:name': {
      accepted: { path: picture },
      refused: { path: `/avatars/${'0'.repeat(32)}.webp` },
    },
    'GET /files/*': {
      accepted: { path: url },
      refused: { path: url.replace('elsewhere/one', 'elsewhere/two') },
    },
    'GET /api/notifications/unsubscribe': { accepted: { path: link + token } },
    'POST /api/notifications/unsubscribe': {
      accepted: { path: link + token, method: 'POST' },
      refused: { path: `${link}${token}x`, method: 'POST' },
    },
    'GET /api/auth/oauth/:provider': {
      accepted: { path: `/api/auth/oauth/google?code_challenge=${challenge}` },
    },
    'GET /api/auth/oauth/:provider/callback': {
      accepted: { path: '/api/auth/oauth/google/callback?code=x&state=y' },
    },
    'POST /api/webhooks/stripe': ofStripe('/api/webhooks/stripe', platform),
    'POST /api/webhooks/stripe/connect': ofStripe('/api/webhooks/stripe/connect', connect),
    'POST /api/webhooks/paypal': ofPaypal('/api/webhooks/paypal', env.get('PAYPAL_WEBHOOK_ID')!),
    'POST /api/webhooks/venmo': ofPaypal('/api/webhooks/venmo', env.get('VENMO_WEBHOOK_ID')!),
  }
}

/** What a browser sends from a page of the public site, whose visitor has allowed measuring. */
const OF_OUR_PAGES = { 'sec-fetch-site': 'same-origin', 'cookie': 'site_consent=1.measure' }

test.group('Who may call what, beside the API', (group) => {
  const provider = new OauthProviderServer()
  let known: Samples
  let people: Record<string, Record<string, string>>

  group.setup(async () => {
    await resetAll()
    known = await samples()
    const cookies = await staffCookies(await createStaff())
    people = {
      'nobody': {},
      'a user': { authorization: `Bearer ${await tokenOf(await aClient())}` },
      'staff': { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') },
      'somebody with a bad token': { authorization: 'Bearer x.y.z' },
    }
    return provider.start()
  })
  group.teardown(() => drive.use('fs').deleteAll('test/elsewhere'))

  test('every one of these routes has a sample', ({ assert }) => {
    assert.sameMembers(Object.keys(known), Object.keys(ELSEWHERE))
    for (const [name, { refused }] of Object.entries(ELSEWHERE)) {
      assert.equal(known[name].refused !== undefined, refused !== undefined, name)
    }
  })

  test('lets in or refuses by what the request holds, whoever sends it: {$self}')
    .with(Object.keys(ELSEWHERE))
    .run(async ({ assert }, name) => {
      const { accepted, refused } = ELSEWHERE[name]
      const inbox = () => db.from('inbox_events').count('* as n').first()
      for (const [who, headers] of Object.entries(people)) {
        if (refused !== undefined) {
          const before = await inbox()
          assert.equal(await ask(known[name].refused!, headers), refused, `${who}, refused`)
          assert.deepEqual(await inbox(), before, `${who} wrote something`)
        }
        assert.equal(await ask(known[name].accepted, headers), accepted, `${who}, accepted`)
      }
    })

  test('the public site is the same for everybody, whoever they say they are', async ({
    assert,
  }) => {
    const ofTheSite = Object.values(router.toJSON()).flat().filter(isOfTheSite)
    for (const { pattern, methods } of ofTheSite) {
      const method = methods.find((each) => each !== 'HEAD')!
      const answers = new Set<number>()
      for (const headers of Object.values(people)) {
        answers.add(await ask({ path: pattern, method, headers: OF_OUR_PAGES }, headers))
      }
      const [status, ...others] = answers
      assert.isEmpty(others, `${method} ${pattern}`)
      // What is posted has to come from a page of ours, whoever posts it.
      if (method === 'GET') assert.notInclude([401, 403], status, pattern)
    }
  })

  test('a stream is for who is signed in, and carries no channel but their own', async ({
    assert,
  }) => {
    const [user, other] = [await aClient(), await aClient()]
    for (const [who, headers] of Object.entries(people)) {
      for (const name of STREAMS) {
        const [method, pattern] = name.split(' ')
        const isOpening = method === 'GET'
        const sent = {
          method,
          path: isOpening ? `${pattern}?uid=${randomUUID()}` : pattern,
          ...(!isOpening && {
            body: JSON.stringify({ uid: randomUUID(), channel: channelOf(user.id) }),
            headers: { 'content-type': 'application/json' },
          }),
        }
        // A user is told that the channel is another's; a stream of their own they may have.
        if (who === 'a user') {
          if (!isOpening) assert.equal(await ask(sent, headers), 403, name)
        } else assert.equal(await ask(sent, headers), 401, `${name} as ${who}`)
      }
    }
    const stream = await openStream(other)
    assert.equal(stream.status, 200)
    stream.close()
    await stream.ended
  })
})
