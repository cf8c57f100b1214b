import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { metrics, type Attributes } from '@opentelemetry/api'
import { test } from '@japa/runner'
import { RULES } from '#start/limiter'
import { forgetHistograms } from '#site/web_vitals'
import { resetAll } from '#tests/support/database'
import { useRealLimits } from '#tests/support/limits'
import { STAFF_SESSION_LIFETIME } from '#staff/start_session'
import { ask, sendForm, siteBase, wordsOf } from '#tests/support/site'
import { setVariable } from '#tests/support/environment'

const AGREED = 'site_consent=1.measure'
const MEASURED = {
  page: '/pricing',
  measured: [
    { name: 'LCP', value: 812.5 },
    { name: 'CLS', value: 0.012 },
  ],
}

const measure = (body: unknown = MEASURED, headers: Record<string, string> = {}) =>
  ask('/site/vitals', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      'accept': '*/*',
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      'cookie': AGREED,
      ...headers,
    },
  })

/** What is recorded, in place of an exporter. */
function recordedMetrics() {
  const recorded: { name: string; unit?: string; value: number; attributes?: Attributes }[] = []
  const meter = {
    createHistogram: (name: string, { unit }: { unit?: string }) => ({
      record: (value: number, attributes?: Attributes) =>
        recorded.push({ name, unit, value, attributes }),
    }),
  }
  metrics.disable()
  metrics.setGlobalMeterProvider({ getMeter: () => meter as never })
  forgetHistograms()
  return recorded
}

test.group('Consent', (group) => {
  group.each.setup(resetAll)

  test('nobody is given a cookie for looking', async ({ assert }) => {
    for (const path of ['/', '/cookies', '/status', '/offline', '/nowhere']) {
      assert.isNull((await ask(path)).headers.get('set-cookie'), path)
    }
  })

  test('a choice is kept as its version and itself, without scripts', async ({ assert }) => {
    for (const choice of ['measure', 'necessary']) {
      const { status, headers } = await sendForm('/cookies', { choice })
      assert.equal(status, 303)
      assert.equal(headers.get('location'), '/cookies?saved=1')
      const cookie = headers.get('set-cookie')!
      assert.match(cookie, new RegExp(`^site_consent=1\\.${choice}; Max-Age=15552000; Path=/;`))
      assert.match(cookie, /SameSite=Lax/)
      assert.lengthOf(headers.getSetCookie(), 1)
    }
  })

  test('its page shows what was chosen, to who chose it only', async ({ assert }) => {
    const chosen = (text: string) => /value="(\w+)"[^>]*checked/.exec(text)?.[1]
    assert.isUndefined(chosen((await ask('/cookies')).text))
    for (const choice of ['measure', 'necessary']) {
      const cookie = `site_consent=1.${choice}`
      const { text, headers } = await ask('/cookies?saved=1', { headers: { cookie } })
      assert.equal(chosen(text), choice)
      assert.include(text, 'Saved.')
      assert.equal(headers.get('cache-control'), 'private, no-cache')
    }
    for (const cookie of ['site_consent=0.measure', 'site_consent=1.all', 'site_consent=%00']) {
      const { status, text } = await ask('/cookies?saved=1', { headers: { cookie } })
      assert.equal(status, 200)
      assert.isUndefined(chosen(text), `${cookie} is no answer to what we ask`)
      assert.notInclude(text, 'Saved.')
    }
  })

  test('its page lists every cookie as browsers show it, with how long it is kept', async ({
    assert,
    cleanup,
  }) => {
    const listed = async () => wordsOf((await ask('/cookies')).text)
    const clients = ['GOOGLE_CLIENT_ID', 'GITHUB_CLIENT_ID']
    const before = clients.map((name) => process.env[name])
    cleanup(() => clients.forEach((name, index) => setVariable(name, before[index])))
    for (const name of clients) setVariable(name, undefined)
    assert.notMatch(await listed(), /oauth_/, 'nobody can sign in with Google here')
    setVariable('GOOGLE_CLIENT_ID', 'client')
    const words = await listed()
    assert.match(words, /oauth_google when you sign in with Google .{60,100} 10 minutes at most/)
    const { headers } = await sendForm('/cookies', { choice: 'necessary' })
    assert.include(words, headers.getSetCookie()[0].split('=')[0])
    const console = (await ask('/console/sign-in')).headers.getSetCookie()
    for (const cookie of console) assert.include(words, cookie.split('=')[0])
    assert.isNotEmpty(console)
    assert.include(words, `a sign-in ends after ${STAFF_SESSION_LIFETIME}`)
  })

  test('who tells all sites no by their browser is not told that pages measure', async ({
    assert,
  }) => {
    const headers = { 'cookie': AGREED, 'sec-gpc': '1' }
    const { text } = await ask('/cookies?saved=1', { headers })
    assert.include(wordsOf(text), 'Saved. Nothing is measured.')
    assert.include(wordsOf(text), 'Your browser sends Global Privacy Control')
  })

  test('no page of somebody else chooses for anybody', async ({ assert }) => {
    const fields = { choice: 'measure' }
    const strangers: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': '', 'origin': 'https://elsewhere.example' },
      { 'sec-fetch-site': '', 'origin': 'null' },
      { 'sec-fetch-site': '', 'origin': siteBase().replace('http:', 'https:') },
      { 'sec-fetch-site': '' },
    ]
    for (const headers of strangers) {
      const answer = await sendForm('/cookies', fields, headers)
      assert.equal(answer.status, 403, JSON.stringify(headers))
      assert.isNull(answer.headers.get('set-cookie'))
    }
    // An old browser says its origin and no more.
    const own = await sendForm('/cookies', fields, { 'sec-fetch-site': '', 'origin': siteBase() })
    assert.equal(own.status, 303)
  })

  test('nor one that has the browser call us by its own name', async ({ assert }) => {
    const { hostname, port } = new URL(siteBase())
    const sent = request({
      hostname,
      port,
      path: '/cookies',
      method: 'POST',
      headers: {
        'host': 'elsewhere.example',
        'origin': 'http://elsewhere.example',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    sent.end('choice=measure')
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.resume()
    assert.equal(answer.statusCode, 403)
  })

  test('what is no choice is refused', async ({ assert }) => {
    for (const fields of [{ choice: 'everything' }, { choice: '' }, {} as Record<string, string>]) {
      assert.equal((await sendForm('/cookies', fields)).status, 422)
    }
    assert.equal((await sendForm('/cookies?choice=measure', {})).status, 400)
  })

  test('what was measured with consent is recorded by page, and without anything else', async ({
    assert,
  }) => {
    const recorded = recordedMetrics()
    try {
      const { status, text, headers } = await measure()
      assert.deepEqual([status, text], [204, ''])
      assert.isNull(headers.get('set-cookie'))
      assert.deepEqual(recorded, [
        { name: 'safesend.site.lcp', unit: 'ms', value: 812.5, attributes: { page: '/pricing' } },
        { name: 'safesend.site.cls', unit: '1', value: 0.012, attributes: { page: '/pricing' } },
      ])
    } finally {
      metrics.disable()
      forgetHistograms()
    }
  })

  test('nothing is recorded without consent, of another site, or of what is no page or figure', async ({
    assert,
  }) => {
    const recorded = recordedMetrics()
    const figure = { name: 'LCP', value: 1 }
    try {
      for (const cookie of ['', 'site_consent=1.necessary', 'site_consent=0.measure']) {
        assert.equal((await measure(MEASURED, { cookie })).status, 403, cookie)
      }
      assert.equal((await measure(MEASURED, { 'sec-fetch-site': 'cross-site' })).status, 403)
      assert.equal((await measure(MEASURED, { 'sec-gpc': '1' })).status, 403)
      for (const body of [
        {},
        { page: '/console', measured: [figure] },
        { page: '/pricing?email=ada@example.com', measured: [figure] },
        { page: '/pricing', measured: [] },
        { page: '/pricing', measured: [figure, figure] },
        { page: '/pricing', measured: [{ name: 'FID', value: 1 }] },
        { page: '/pricing', measured: [{ name: 'LCP', value: -1 }] },
        { page: '/pricing', measured: [{ name: 'LCP', value: 1e9 }] },
        { page: '/pricing', measured: [{ name: 'LCP', value: '1' }] },
        { page: '/pricing', measured: [{ name: 'LCP', value: null }] },
        { page: '/pricing', measured: Array.from({ length: 50 }, () => figure) },
      ]) {
        assert.equal((await measure(body)).status, 422, JSON.stringify(body))
      }
      assert.equal((await measure('[1,')).status, 400)
      assert.equal((await measure(MEASURED, { 'content-type': 'text/plain' })).status, 415)
      assert.deepEqual(recorded, [])
    } finally {
      metrics.disable()
      forgetHistograms()
    }
  })
})

test.group('Limits of the public site', (group) => {
  group.each.setup(resetAll)
  useRealLimits(group)

  test('one network may look often, and no more', async ({ assert }) => {
    const [{ requests }] = RULES.page
    const statuses = new Map<number, number>()
    for (let n = 0; n < requests + 5; n++) {
      const { status } = await ask('/pricing')
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    assert.deepEqual(
      [...statuses],
      [
        [200, requests],
        [429, 5],
      ]
    )
  })
})
