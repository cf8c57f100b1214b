import { createHmac, generateKeyPairSync } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SignJWT, type JWTPayload } from 'jose'
import { appUrl } from '#config/app'
import { issueAccessToken } from '#identity/access_tokens'
import { startSession } from '#identity/sessions'
import { signingKey } from '#identity/signing_key'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aClient, forgetTokens } from '#tests/support/users'

const profile = (token: string) =>
  api().get('users/profile', { headers: { authorization: `Bearer ${token}` } })

async function aSession() {
  const user = await aClient()
  const { session } = await db.transaction((trx) => startSession(trx, user, {}))
  return { user, session }
}

/** A token that is right in everything but what the test changes. */
async function forge(changes: {
  claims?: JWTPayload
  header?: object
  key?: Parameters<SignJWT['sign']>[0]
  expiresAt?: number
}) {
  const { user, session } = await aSession()
  const { privateKey } = await signingKey()
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    sub: user.id,
    sid: session.id,
    jti: 'one',
    iss: appUrl,
    aud: 'safesend-api',
    iat: now - 60,
    exp: now + 600,
    ...changes.claims,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...changes.header })
    .sign(changes.key ?? privateKey)
}

/** Header, claims and signature of a good token. */
async function goodParts(): Promise<string[]> {
  const token = await forge({})
  return token.split('.')
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test.group('Access tokens', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    forgetTokens()
  })

  test('a token of a living session signs in', async () => {
    const { user, session } = await aSession()
    const token = await issueAccessToken({ userId: user.id, sessionId: session.id })
    expectData(await profile(token))
    expectData(await profile(await forge({})))
  })

  test('a token is refused with 401 when {what}')
    .with([
      { what: 'it has expired', claims: { exp: Math.floor(Date.now() / 1000) - 10 } },
      { what: 'it never expires', claims: { exp: undefined } },
      { what: 'it is for another audience', claims: { aud: 'somebody-else' } },
      { what: 'another issuer made it', claims: { iss: 'https://evil.example' } },
      { what: 'it names no session', claims: { sid: undefined } },
      { what: 'it names no user', claims: { sub: undefined } },
      { what: 'it has no id', claims: { jti: undefined } },
      { what: 'its session is no string', claims: { sid: 7 } },
      {
        what: 'its session does not exist',
        claims: { sid: '01900000-0000-7000-8000-000000000000' },
      },
      {
        what: 'its session is somebody else’s',
        claims: { sub: '01900000-0000-7000-8000-000000000000' },
      },
      { what: 'it is another kind of JWT', header: { typ: 'JWT' } },
      { what: 'another key signed it', key: generateKeyPairSync('ed25519').privateKey },
    ])
    .run(async (_, { what: _what, ...changes }) => {
      expectProblem(await profile(await forge(changes)), 401, 'unauthenticated')
    })

  test('a token without a signature is refused, whatever its algorithm says', async () => {
    const [, payload] = await goodParts()
    for (const alg of ['none', 'None', 'EdDSA']) {
      const token = `${encode({ alg, typ: 'at+jwt' })}.${payload}.`
      expectProblem(await profile(token), 401, 'unauthenticated')
    }
  })

  test('a token signed with HS256 and our public key as its secret is refused', async () => {
    const [, payload] = await goodParts()
    const { publicKey } = await signingKey()
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'),
    ]
    for (const secret of secrets) {
      const content = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${payload}`
      const signature = createHmac('sha256', secret).update(content).digest('base64url')
      expectProblem(await profile(`${content}.${signature}`), 401, 'unauthenticated')
    }
  })

  test('a token with one changed claim is refused', async () => {
    const [header, payload, signature] = await goodParts()
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const token = `${header}.${encode({ ...claims, exp: claims.exp + 1 })}.${signature}`
    expectProblem(await profile(token), 401, 'unauthenticated')
  })

  test('an Authorization header of "{$self}" is refused with 401')
    .with([
      '',
      'Bearer',
      'Bearer ',
      'Bearer x',
      'Bearer a.b.c',
      'Bearer ..',
      'Basic dTpw',
      'Bearer {}',
    ])
    .run(async ({ assert }, authorization) => {
      const answer = await api().get('users/profile', { headers: { authorization } })
      expectProblem(answer, 401, 'unauthenticated')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    })

  test('a token stops working when its session expires', async () => {
    const { user, session } = await aSession()
    const token = await issueAccessToken({ userId: user.id, sessionId: session.id })
    await db
      .from('sessions')
      .where('id', session.id)
      .update({ expires_at: db.raw('now()') })
    expectProblem(await profile(token), 401, 'unauthenticated')
  })
})
