import { readFile } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import { resetAll } from '#tests/support/database'

const base = () => `http://${process.env.HOST}:${process.env.PORT}`
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${base()}${path}`, { redirect: 'manual', ...init })

/** As Vite has written down what it built: source file to built file. */
async function built(source: string): Promise<string> {
  const manifest = await readFile(app.makePath('public/assets/.vite/manifest.json'), 'utf8')
  return `/assets/${JSON.parse(manifest)[source].file}`
}

test.group('The frame of the console', (group) => {
  group.each.setup(resetAll)

  test('who is not signed in is led to the sign-in, and back to where they wanted to go', async ({
    assert,
  }) => {
    const first = await ask('/console')
    assert.equal(first.status, 303)
    assert.equal(first.headers.get('location'), '/console/sign-in')
    const page = await ask('/console/settings?after=x')
    assert.equal(
      page.headers.get('location'),
      `/console/sign-in?next=${encodeURIComponent('/console/settings?after=x')}`
    )
    const missing = await ask('/console/nothing-of-this-name')
    assert.equal(missing.status, 303, 'what there is at the console is no business of others')
  })

  test('its pages run our scripts only, are kept by nobody, and are framed by nobody else', async ({
    assert,
  }) => {
    const { headers } = await ask('/console/settings')
    const policy = headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self' 'nonce-[\w-]{16,}'/)
    assert.notMatch(policy, /unsafe|https?:|\*/)
    const again = (await ask('/console/settings')).headers.get('content-security-policy')
    assert.notEqual(again, policy, 'a nonce is good for one page')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN')
    assert.equal(headers.get('referrer-policy'), 'same-origin')
  })

  test('its cookies go to no other site, and no script reads them', async ({ assert }) => {
    const cookies = (await ask('/console/settings')).headers.getSetCookie()
    assert.isNotEmpty(cookies)
    for (const cookie of cookies) {
      assert.match(cookie, /HttpOnly/i)
      assert.match(cookie, /SameSite=Lax/i)
    }
  })

  test('a form without its token is refused, and changes nothing', async ({ assert }) => {
    const body = new URLSearchParams({ value: '1', reason: 'because' })
    const answer = await ask('/console/settings/platform_fee_bps', { method: 'POST', body })
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /Open the page again, and send the form from there/)
  })

  test('what changes something takes no query, and nothing is changed by GET', async ({
    assert,
  }) => {
    const answer = await ask('/console/settings/platform_fee_bps?value=1', { method: 'POST' })
    assert.equal(answer.status, 400)
    assert.match(answer.headers.get('content-type')!, /text\/html/)
  })

  test('styles and scripts are compact, and kept for ever under names that change with them', async ({
    assert,
  }) => {
    for (const source of ['resources/css/console.css', 'resources/js/console.ts']) {
      const answer = await ask(await built(source))
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('cache-control')!, /max-age=31536000.*immutable/)
      assert.isBelow((await answer.arrayBuffer()).byteLength, 200_000)
    }
    for (const path of [
      '/assets/nothing.js',
      '/assets/.vite/manifest.json',
      '/assets/..%2fpackage.json',
    ]) {
      assert.equal((await ask(path)).status, 404, path)
    }
  })

  test('the API has none of it: no cookie, no page, and problems as documents', async ({
    assert,
  }) => {
    const answer = await ask('/api/projects')
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.headers.getSetCookie(), [])
    assert.equal(
      answer.headers.get('content-security-policy'),
      "default-src 'none'; frame-ancestors 'none'"
    )
    assert.match(answer.headers.get('content-type')!, /application\/problem\+json/)
  })

  test('a form sent to the API is refused as it was', async ({ assert }) => {
    const body = new URLSearchParams({ email: 'a@example.com', password: 'x' })
    assert.equal((await ask('/api/auth/login', { method: 'POST', body })).status, 415)
  })
})
