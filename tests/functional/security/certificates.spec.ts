import { once } from 'node:events'
import { readFileSync, globSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getActiveTest, test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import { newKeyPair } from '#sandbox/paypal/certificate'
import { forgetCertificates, signingKey } from '#payments/paypal/certificates'
import { ask as askPaypal, rest } from '#payments/paypal/client'
import { ask as askStripe, stripeClient } from '#payments/stripe/client'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { Browser, OauthProviderServer } from '#tests/support/oauth_provider'
import { failureOf, withSetting } from '#tests/support/provider_calls'

/** Somebody in a provider's place whose certificate no authority has signed: how many have called, and what those said. */
async function impostor() {
  const { certificate: cert, privateKey: key } = newKeyPair(Date.now())
  const heard: string[] = []
  const callers = { count: 0 }
  const server = createServer({ cert, key }, (request, response) => {
    heard.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.on('connection', () => callers.count++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  getActiveTest()!.cleanup(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { base, heard, callers }
}

test.group('Whoever has no certificate of an authority that we know', (group) => {
  const provider = new OauthProviderServer()
  group.each.setup(async () => {
    await resetAll()
    return provider.start()
  })

  test('is told nothing in the place of a provider', async ({ assert }) => {
    const { base, heard, callers } = await impostor()
    withSetting('STRIPE_API_BASE', base)
    withSetting('PAYPAL_API_BASE', base)
    forgetCertificates()
    const calls = [
      () => failureOf(askStripe('balance', () => stripeClient().balance.retrieve())),
      () => failureOf(askPaypal(rest('GET', '/v1/reporting/balances'))),
      () => failureOf(signingKey(`${base}/v1/notifications/certs/CERT-1`)),
      ...(['google', 'github'] as const).map((at) => async () => {
        setVariable(`${at.toUpperCase()}_TOKEN_URL`, `${base}/token`)
        const came = await new Browser().signInWith(at)
        assert.deepEqual(came, { error: 'provider_failed', provider: at })
      }),
    ]
    for (const call of calls) {
      const before = callers.count
      await call()
      assert.isAbove(callers.count, before, 'it called, and hung up')
    }
    assert.isEmpty(heard)
  })

  test('is trusted nowhere in our code', ({ assert }) => {
    const files = globSync('{app,bin,config,database,start}/**/*.{ts,mjs}', { cwd: app.makePath() })
    assert.isAbove(files.length, 400)
    const trusting = files.filter((file) =>
      /rejectUnauthorized['"]?:\s*false|TLS_REJECT_UNAUTHORIZED|checkServerIdentity/.test(
        readFileSync(app.makePath(file), 'utf8')
      )
    )
    assert.isEmpty(trusting)
  })
})
