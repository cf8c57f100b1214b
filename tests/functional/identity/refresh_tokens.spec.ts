import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aClient, forgetTokens, PASSWORD } from '#tests/support/users'

interface Tokens {
  access_token: string
  refresh_token: string
}

async function signedIn(): Promise<Tokens> {
  const { email } = await aClient()
  return expectData(await api().post('auth/login', { email, password: PASSWORD }))
}

const refresh = (token: string) => api().post('auth/refresh', { refresh_token: token })
const profile = (token: string) =>
  api().get('users/profile', { headers: { authorization: `Bearer ${token}` } })

/** As if so much time had passed since everything that was done with refresh tokens. */
async function later(interval: string): Promise<void> {
  await db.rawQuery(
    'UPDATE refresh_tokens SET used_at = used_at - ?::interval, expires_at = expires_at - ?::interval',
    [interval, interval]
  )
}

async function expectSessionOver(tokens: Tokens, reason: string) {
  expectProblem(await profile(tokens.access_token), 401)
  expectProblem(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token')
  const session = await db.from('sessions').firstOrFail()
  if (session.revoked_reason !== reason) throw new Error(`revoked for ${session.revoked_reason}`)
}

test.group('Refresh tokens', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    forgetTokens()
  })

  test('a refresh gives new tokens of the same session', async ({ assert }) => {
    const first = await signedIn()
    const second = expectData(await refresh(first.refresh_token))
    assert.notEqual(second.refresh_token, first.refresh_token)
    assert.notEqual(second.access_token, first.access_token)
    expectData(await profile(second.access_token))
    expectData(await refresh(second.refresh_token))
    assert.lengthOf(await db.from('sessions'), 1)
  })

  test('a token that was used and comes again later ends the session for everybody', async () => {
    const stolen = await signedIn()
    const owner = expectData(await refresh(stolen.refresh_token))
    await later('21 seconds')
    expectProblem(await refresh(stolen.refresh_token), 401, 'invalid_refresh_token')
    await expectSessionOver(owner, 'reuse')
  })

  test('an older token than the last one ends the session, however soon', async () => {
    const first = await signedIn()
    const second = expectData(await refresh(first.refresh_token))
    const third = expectData(await refresh(second.refresh_token))
    expectProblem(await refresh(first.refresh_token), 401, 'invalid_refresh_token')
    await expectSessionOver(third, 'reuse')
  })

  test('a lost answer can be asked for again within 20 seconds, and brings the same token', async ({
    assert,
  }) => {
    const first = await signedIn()
    const lost = expectData(await refresh(first.refresh_token))
    await later('10 seconds')
    const again = expectData(await refresh(first.refresh_token))
    assert.equal(again.refresh_token, lost.refresh_token)
    expectData(await profile(again.access_token))
    expectData(await refresh(again.refresh_token))
  })

  test('the grace is no second life: asked ten times, there is one live token', async ({
    assert,
  }) => {
    const first = await signedIn()
    for (let i = 0; i < 10; i++) expectData(await refresh(first.refresh_token))
    const live = await db.from('refresh_tokens').whereNull('used_at')
    assert.lengthOf(live, 1)
    assert.lengthOf(await db.from('refresh_tokens'), 2)
  })

  test('a thief within the grace shares one token with the owner, and the second use of it tells', async () => {
    const first = await signedIn()
    const owner = expectData(await refresh(first.refresh_token))
    const thief = expectData(await refresh(first.refresh_token))
    const next = expectData(await refresh(thief.refresh_token))
    await later('15 minutes')
    expectProblem(await refresh(owner.refresh_token), 401, 'invalid_refresh_token')
    await expectSessionOver(next, 'reuse')
  })

  test('twenty refreshes at the same moment agree on one successor', async ({ assert }) => {
    const first = await signedIn()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(first.refresh_token))
    )
    const successors = new Set(answers.map((answer) => expectData(answer).refresh_token))
    assert.equal(successors.size, 1)
    assert.lengthOf(await db.from('refresh_tokens'), 2)
    expectData(await refresh([...successors][0]))
  })

  test('a refresh and a logout at the same moment leave no living session', async ({ assert }) => {
    const first = await signedIn()
    const [refreshed] = await Promise.all([
      refresh(first.refresh_token),
      api().post('auth/logout', undefined, {
        headers: { authorization: `Bearer ${first.access_token}` },
      }),
    ])
    assert.include([200, 401], refreshed.status)
    const newest = refreshed.data ?? first
    await expectSessionOver(newest, 'logout')
  })

  test('a token is good for 30 days, and each refresh begins them anew', async () => {
    const first = await signedIn()
    await later('29 days')
    const second = expectData(await refresh(first.refresh_token))
    await later('31 days')
    expectProblem(await refresh(second.refresh_token), 401, 'invalid_refresh_token')
  })

  test('however often it is refreshed, a session ends ninety days after its sign-in', async ({
    assert,
  }) => {
    const { refresh_token: token } = await signedIn()
    const begun = (ago: string) =>
      db.from('sessions').update({ created_at: db.raw('now() - ?::interval', [ago]) })
    await begun('89 days')
    const { refresh_token: last } = expectData(await refresh(token))
    const left = 'extract(epoch FROM expires_at - now()) / 3600 AS hours'
    for (const table of ['sessions', 'refresh_tokens']) {
      const row = await db.from(table).orderBy('id', 'desc').select(db.raw(left)).firstOrFail()
      assert.approximately(Number(row.hours), 24, 1, table)
    }
    await db.from('sessions').update({ expires_at: db.raw('now()') })
    expectProblem(await refresh(last), 401, 'invalid_refresh_token')
  })

  test('an unknown token and an access token are refused and end nothing', async () => {
    const tokens = await signedIn()
    for (const token of ['x', 'A'.repeat(43), tokens.access_token.slice(0, 200), "' OR 1=1 --"]) {
      expectProblem(await refresh(token), 401, 'invalid_refresh_token')
    }
    expectData(await profile(tokens.access_token))
  })
})
