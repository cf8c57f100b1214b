import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { api, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aClient, forgetTokens } from '#tests/support/users'

const ENDPOINTS = [
  { method: 'post', path: 'auth/register', fields: ['email', 'password', 'user_type'] },
  { method: 'post', path: 'auth/login', fields: ['email', 'password'] },
  { method: 'post', path: 'auth/refresh', fields: ['refresh_token'] },
  { method: 'post', path: 'auth/verify-email', fields: ['token'] },
  { method: 'post', path: 'auth/reset-password', fields: ['email'] },
  { method: 'post', path: 'auth/reset-password', fields: ['token', 'password'] },
] as const

const VALUES: unknown[] = [
  undefined,
  null,
  '',
  '   ',
  '\u0000',
  'a\u0000b@example.com',
  '\ud800',
  0,
  -1,
  1e308,
  true,
  [],
  ['x'],
  {},
  { $ne: null },
  'x'.repeat(100_000),
]

const good: Record<string, unknown> = {
  email: 'ada@example.com',
  password: 'correct horse battery staple',
  user_type: 'client',
  refresh_token: 'x',
  token: 'x',
}

test.group('Rubbish sent to the identity endpoints', (group) => {
  group.setup(async () => {
    await truncateAll()
    forgetTokens()
  })

  test('{method} {path}: a body that is no JSON object is a 4xx problem')
    .with([...ENDPOINTS, { method: 'put', path: 'users/profile' } as const])
    .run(async ({ assert }, { method, path }) => {
      const user = path === 'users/profile' ? await aClient() : undefined
      const send = (body: string, headers: Record<string, string> = {}) =>
        api(user)[method](path, body, { headers })
      for (const body of ['{', '"x"', '7', 'null', '\u0000', '{"a":1}}']) {
        expectProblem(await send(body), 400, 'malformed_json')
      }
      for (const depth of [64, 3000, 250_000]) {
        const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
        const { detail } = expectProblem(await send(deep), 400, 'malformed_json')
        assert.match(detail, /nested too deeply/)
      }
      if (!user) expectProblem(await send('[]'), 422)
      if (!user) expectProblem(await send('[{"email":"ada@example.com"}]'), 422)
      expectProblem(await send('x=1', { 'content-type': 'text/plain' }), 415)
      expectProblem(
        await send('email=x', { 'content-type': 'application/x-www-form-urlencoded' }),
        415
      )
      expectProblem(await send('{}', { 'content-encoding': 'gzip' }), 415)
      expectProblem(await send(`{"a":"${'x'.repeat(1_100_000)}"}`), 413, 'too_large')
      assert.lengthOf(await db.from('users').where('email', 'ada@example.com'), 0)
    })

  test('{method} {path} {fields}: no field takes rubbish, and none makes a 500')
    .with([...ENDPOINTS])
    .run(async ({ assert }, { method, path, fields }) => {
      for (const field of fields) {
        for (const value of VALUES) {
          const body = Object.fromEntries(fields.map((name) => [name, good[name]]))
          const answer = await api()[method](path, { ...body, [field]: value })
          const sent = `${field} = ${JSON.stringify(value)?.slice(0, 40)}`
          // Any text may be somebody's address or token: asking for a reset never says.
          const fine = typeof value === 'string' || field === 'token' ? [202, 401, 422] : [422]
          assert.include(fine, answer.status, `${sent} was answered ${answer.status}`)
        }
      }
      assert.lengthOf(await db.from('users').where('email', 'ada@example.com'), 0)
    })

  test('{method} {path} wants a sign-in')
    .with([
      { method: 'post', path: 'auth/logout' } as const,
      { method: 'post', path: 'auth/verify-email/resend' } as const,
      { method: 'get', path: 'users/profile' } as const,
      { method: 'put', path: 'users/profile' } as const,
    ])
    .run(async (_, { method, path }) => {
      expectProblem(await api()[method](path), 401, 'unauthenticated')
    })

  test('an unknown path is a 404 problem, a wrong method a 405 that says which are right', async ({
    assert,
  }) => {
    expectProblem(await api().get('auth/nothing'), 404, 'route_not_found')
    expectProblem(await api().get('users/%00'), 404, 'route_not_found')
    const login = await api().get('auth/login')
    expectProblem(login, 405, 'method_not_allowed')
    assert.equal(login.headers.get('allow'), 'POST')
    const profile = await api().post('users/profile/')
    expectProblem(profile, 405, 'method_not_allowed')
    assert.equal(profile.headers.get('allow'), 'GET, HEAD, PUT, DELETE')
  })

  test('an X-Request-Id is kept if it can be an id, else replaced', async ({ assert }) => {
    const answered = async (sent: string) => {
      const headers = { 'x-request-id': sent }
      const answer = await api().get('auth/nothing', { headers })
      assert.equal(answer.headers.get('x-request-id'), answer.body.request_id)
      return answer.body.request_id
    }
    for (const id of ['edge-1:a.b_C', 'x'.repeat(128)]) assert.equal(await answered(id), id)
    for (const id of ['x'.repeat(129), '<script>', 'two words', 'a, b', '\u00e9']) {
      assert.match(await answered(id), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    }
  })
})
