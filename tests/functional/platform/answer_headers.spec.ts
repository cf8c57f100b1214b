import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { fillDemo } from '#database/demo/demo'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import { PAGES } from '#site/pages'
import { isPage, lackingHeaders } from '#tests/support/answer_headers'
import { consolePages } from '#tests/support/console_pages'
import { resetAll } from '#tests/support/database'
import { useRealLimits } from '#tests/support/limits'
import { createStaff, staffCookies } from '#tests/support/staff'
import { aClient, tokenOf } from '#tests/support/users'

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/** What may be kept by caches: the same for everybody, or a picture under a name that nobody guesses. */
const KEPT =
  /^\/(assets|avatars|files)\/|^\/(docs|openapi\.json|docs\/style\.css)$|^\/console\/(assets)|^\/(sw\.js|robots\.txt|sitemap\.xml|site\.webmanifest|favicon\.ico|apple-touch-icon\.png|offline)$/

/** Asks, and reads the headers only: a stream has no end. */
async function headersOf(path: string, headers: Record<string, string>, method = 'GET') {
  const left = new AbortController()
  try {
    const answer = await fetch(base() + path, {
      method,
      redirect: 'manual',
      signal: left.signal,
      headers: { accept: 'text/html,*/*;q=0.8', ...headers },
    })
    return { status: answer.status, headers: answer.headers }
  } finally {
    left.abort()
  }
}

/** An address of every route that answers a GET, with something behind it where there is a sample. */
async function everyPath(): Promise<string[]> {
  const patterns = Object.values(router.toJSON())
    .flat()
    .filter(({ methods }) => methods.includes('GET'))
    .map(({ pattern }) => pattern)
  const samples = new Map((await consolePages()).map(({ pattern, path }) => [pattern, path]))
  return [...new Set(patterns)].map(
    (pattern) => samples.get(pattern) ?? pattern.replaceAll(/:\w+\??|\*/g, 'x')
  )
}

test.group('Every answer', (group) => {
  group.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
    await fillDemo({ projects: 3 })
  })

  for (const who of ['nobody', 'a client', 'an admin'] as const) {
    test(`is closed, and a page says what it may do, asked for by ${who}`, async ({ assert }) => {
      const headers: Record<string, string> = {}
      if (who === 'a client') headers.authorization = `Bearer ${await tokenOf(await aClient())}`
      if (who === 'an admin') {
        const cookies = await staffCookies(await createStaff())
        headers.cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      }
      const wrong: string[] = []
      const pages: string[] = []
      for (const path of await everyPath()) {
        const answer = await headersOf(path, headers)
        if (isPage(answer.headers)) pages.push(path)
        wrong.push(...lackingHeaders(answer.headers).map((name) => `${path}: ${name}`))
        const kept = answer.headers.get('cache-control') ?? ''
        const isPublic = KEPT.test(path) || PUBLIC_PAGES.test(path)
        if (!isPublic && !/no-store/.test(kept)) wrong.push(`${path}: kept as "${kept}"`)
        if (answer.status === 500) wrong.push(`${path}: fails`)
      }
      assert.deepEqual(wrong, [])
      assert.include(pages, '/docs')
      if (who === 'nobody') assert.include(pages, '/console/sign-in')
      if (who === 'an admin') assert.isAbove(pages.length, 40)
    }).timeout(120_000)
  }

  test('that refuses is closed, too', async ({ assert }) => {
    const refused: [method: string, path: string, status: number][] = [
      ['GET', '/nowhere', 404],
      ['GET', '/api/nowhere', 404],
      ['GET', '/console/nowhere', 303],
      ['POST', '/docs', 405],
      ['DELETE', '/console/sign-in', 405],
      ['GET', '/api/projects/%E0%A4%A', 400],
      ['GET', '/console/%E0%A4%A', 400],
      ['POST', '/console/sign-in', 403],
      ['POST', '/api/auth/login', 422],
      ['POST', '/api/webhooks/stripe', 400],
      ['GET', '/assets/nothing.js', 404],
      ['OPTIONS', '/api/projects', 405],
    ]
    for (const [method, path, status] of refused) {
      const answer = await headersOf(path, {}, method)
      assert.equal(answer.status, status, `${method} ${path}`)
      assert.deepEqual(lackingHeaders(answer.headers), [], path)
    }
  })

  test('says nothing of HTTPS to who came without', async ({ assert }) => {
    const { headers } = await headersOf('/docs', { 'x-forwarded-proto': 'https' })
    assert.isNull(headers.get('strict-transport-security'))
  })
})

/** Pages that anybody may keep for a while. */
const PUBLIC_PAGES = new RegExp(`^(/docs|${PAGES.map(({ path }) => path).join('|')})$`)

test.group('A page that fails', (group) => {
  useRealLimits(group)
  group.each.setup(() => resetAll())

  test('because of too many requests, or of a defect, is closed like any other', async ({
    assert,
  }) => {
    let limited
    do limited = await headersOf('/console/sign-in', {})
    while (limited.status === 200)
    assert.equal(limited.status, 429)
    assert.isTrue(isPage(limited.headers))
    assert.deepEqual(lackingHeaders(limited.headers), [])
  })

  test('because of a defect is closed like any other', async ({ assert }) => {
    await db.rawQuery('ALTER TABLE console_sessions RENAME TO hidden')
    try {
      const failed = await headersOf('/console/sign-in', {})
      assert.equal(failed.status, 500)
      assert.isTrue(isPage(failed.headers))
      assert.deepEqual(lackingHeaders(failed.headers), [])
    } finally {
      await db.rawQuery('ALTER TABLE hidden RENAME TO console_sessions')
    }
  })
})

test.group('The look at headers', () => {
  const good = async () => new Headers((await headersOf('/docs', {})).headers)

  test('finds each that is missing, and a policy that lets in what is not ours', async ({
    assert,
  }) => {
    assert.deepEqual(lackingHeaders(await good()), [])
    for (const name of [
      'content-security-policy',
      'x-content-type-options',
      'referrer-policy',
      'cross-origin-resource-policy',
      'cross-origin-opener-policy',
      'permissions-policy',
      'x-frame-options',
      'cache-control',
    ]) {
      const headers = await good()
      headers.delete(name)
      assert.isNotEmpty(lackingHeaders(headers), name)
    }
    const unread = await good()
    unread.set('content-type', 'text/html')
    assert.deepEqual(lackingHeaders(unread), ['content-type: charset=utf-8'])
    const policy = (await good()).get('content-security-policy')!
    for (const weaker of [
      policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
      policy.replace("style-src 'self'", "style-src 'self' https://cdn.example"),
      policy.replace("default-src 'none'", "default-src 'self'"),
      `${policy}; script-src 'unsafe-inline'`,
      // What a page would have whose route forgot `middleware.page`.
      "default-src 'none'; frame-ancestors 'none'",
    ]) {
      const headers = await good()
      headers.set('content-security-policy', weaker)
      assert.isNotEmpty(lackingHeaders(headers), weaker)
    }
  })
})
