import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from '@japa/runner'
import { forgetCertificates, signingKey } from '#payments/paypal/certificates'
import { ask as askPaypal, rest } from '#payments/paypal/client'
import { ask as askStripe, stripeClient } from '#payments/stripe/client'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { Browser, OauthProviderServer } from '#tests/support/oauth_provider'
import { failureOf, serverAt, withSetting } from '#tests/support/provider_calls'

const STATUSES = [301, 302, 303, 307, 308]
const TOKEN = { access_token: 'A21.token', token_type: 'Bearer', expires_in: 32_400 }

/**
 * A server that sends everybody elsewhere, and who arrived there: whatever a request holds, such as a key of
 * ours, would be with them.
 *
 * @param except answers some by itself
 */
async function somebodyWhoSendsOn(
  status: number,
  except: (request: IncomingMessage, response: ServerResponse) => boolean = () => false
) {
  const asked: string[] = []
  const arrived: string[] = []
  const elsewhere = await serverAt((request, response) => {
    arrived.push(`${request.method} ${request.url}`)
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(TOKEN))
  })
  const base = await serverAt((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume()
    if (except(request, response)) return
    // Also as the same place under another name, which a check of hosts would see through late.
    response.writeHead(status, { location: `${elsewhere}${request.url}` }).end()
  })
  return { base, asked, arrived }
}

test.group('A redirect is followed by no request of ours', (group) => {
  group.each.setup(resetAll)

  for (const status of STATUSES) {
    test(`to Stripe, which answers ${status}`, async ({ assert }) => {
      const { base, asked, arrived } = await somebodyWhoSendsOn(status)
      withSetting('STRIPE_API_BASE', base)
      await failureOf(askStripe('balance', () => stripeClient().balance.retrieve()))
      const transfer = { amount: 100, currency: 'usd', destination: 'acct_1' }
      await failureOf(askStripe('transfer', () => stripeClient().transfers.create(transfer)))
      assert.deepEqual(asked, ['GET /v1/balance', 'POST /v1/transfers'])
      assert.isEmpty(arrived)
    })

    test(`to PayPal, which answers ${status} to what asks for a token, or to what has one`, async ({
      assert,
    }) => {
      const without = await somebodyWhoSendsOn(status)
      withSetting('PAYPAL_API_BASE', without.base)
      await failureOf(askPaypal(rest('GET', '/v1/reporting/balances')))
      assert.deepEqual(without.asked, ['POST /v1/oauth2/token'])
      assert.isEmpty(without.arrived)

      const having = await somebodyWhoSendsOn(status, ({ url }, response) => {
        const isToken = url === '/v1/oauth2/token'
        if (isToken) {
          response.writeHead(200, { 'content-type': 'application/json' })
          response.end(JSON.stringify(TOKEN))
        }
        return isToken
      })
      withSetting('PAYPAL_API_BASE', having.base)
      await failureOf(askPaypal(rest('GET', '/v1/reporting/balances')))
      await failureOf(askPaypal(rest('POST', '/v1/payments/payouts', { json: { items: [] } })))
      assert.deepEqual(having.asked.slice(1), [
        'GET /v1/reporting/balances',
        'POST /v1/payments/payouts',
      ])
      assert.isEmpty(having.arrived)
    })

    test(`for PayPal's certificate, to where answers ${status}`, async ({ assert }) => {
      const { base, asked, arrived } = await somebodyWhoSendsOn(status)
      withSetting('PAYPAL_API_BASE', base)
      forgetCertificates()
      const path = '/v1/notifications/certs/CERT-1'
      const { code } = await failureOf(signingKey(`${base}${path}`))
      assert.equal(code, 'certificate_unavailable')
      assert.deepEqual(asked, [`GET ${path}`])
      assert.isEmpty(arrived)
    })
  }
})

test.group('A redirect is followed by no sign-in', (group) => {
  const provider = new OauthProviderServer()
  group.each.setup(async () => {
    await resetAll()
    return provider.start()
  })

  const ADDRESSES = [
    ['google', 'GOOGLE_TOKEN_URL'],
    ['google', 'GOOGLE_USERINFO_URL'],
    ['github', 'GITHUB_TOKEN_URL'],
    ['github', 'GITHUB_USERINFO_URL'],
    ['github', 'GITHUB_USEREMAIL_URL'],
  ] as const

  for (const [at, address] of ADDRESSES) {
    test(`at ${at}, if ${address} leads elsewhere`, async ({ assert }) => {
      for (const status of STATUSES) {
        const { base, asked, arrived } = await somebodyWhoSendsOn(status)
        setVariable(address, `${base}/here`)
        const came = await new Browser().signInWith(at)
        assert.deepEqual(came, { error: 'provider_failed', provider: at }, String(status))
        assert.lengthOf(asked, 1)
        assert.isEmpty(arrived)
      }
    })
  }
})
