import { readdir } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import { test } from '@japa/runner'
import sharp from 'sharp'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { ask } from '#tests/support/site'
import { aClient } from '#tests/support/users'

const OF_ONE_REQUEST = [
  'x-request-id',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'set-cookie',
]

const mayBeShared = (headers: Headers) =>
  !/no-store|private/.test(headers.get('cache-control') ?? 'no-store')

/** An address of every route that answers a GET and needs no name of something. */
const plainPaths = () =>
  Object.values(router.toJSON())
    .flat()
    .filter(({ methods, pattern }) => methods.includes('GET') && !/[:*]/.test(pattern))
    .filter(({ pattern }) => !/^\/(__transmit|health)/.test(pattern))
    .map(({ pattern }) => pattern)

async function avatar(): Promise<string> {
  const picture = await sharp({
    create: { width: 8, height: 8, channels: 3, background: 'teal' },
  })
    .png()
    .toBuffer()
  const client = api(await aClient())
  const profile = expectData(await client.upload('users/upload-avatar', 'avatar', picture, 'a.png'))
  return new URL(profile.avatar).pathname
}

test.group('An answer that a cache may hand to others', (group) => {
  group.setup(resetAll)

  test('says nothing of the request that it was made for, and is one of those we know', async ({
    assert,
  }) => {
    const folder = app.publicPath('assets')
    const built = (await readdir(folder)).filter((name) => /\.(css|js|woff2|png)$/.test(name))
    assert.isNotEmpty(built)
    const paths = [...plainPaths(), await avatar(), ...built.map((name) => `/assets/${name}`)]
    const shared: string[] = []
    for (const path of paths) {
      const first = await ask(path)
      if (!mayBeShared(first.headers)) continue
      shared.push(path)
      const again = await ask(path, {
        headers: { 'if-none-match': first.headers.get('etag') ?? '"other"' },
      })
      const { headers: compressed } = await ask(path, { headers: { 'accept-encoding': 'br' } })
      for (const headers of [first.headers, again.headers, compressed]) {
        for (const name of OF_ONE_REQUEST) assert.isFalse(headers.has(name), `${path}: ${name}`)
      }
    }
    assert.includeMembers(shared, ['/', '/docs', '/openapi.json', '/robots.txt', '/status'])
    assert.isTrue(shared.some((path) => path.startsWith('/avatars/')))
    assert.isTrue(shared.some((path) => path.startsWith('/assets/')))
    assert.isEmpty(shared.filter((path) => /^\/(api|console)/.test(path)))
  }).timeout(60_000)

  test('is unlike all others, which name their request and what is left', async ({ assert }) => {
    for (const path of ['/cookies', '/console/sign-in', '/api/terms']) {
      const { headers } = await ask(path)
      assert.isFalse(mayBeShared(headers), path)
      assert.match(headers.get('x-request-id') ?? '', /^[\w-]{36}$/, path)
      assert.match(headers.get('x-ratelimit-remaining') ?? '', /^\d+$/, path)
    }
  })
})
