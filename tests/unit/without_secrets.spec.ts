import { generateKeyPairSync } from 'node:crypto'
import { test } from '@japa/runner'
import { withoutSecrets } from '#start/without_secrets'

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLW9mLWl0'
const PEM = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

/** What is written, and the part of it that nobody may read. */
const WRITTEN: [what: unknown, hush: string][] = [
  [{ req: { headers: { authorization: 'Bearer abc.def.ghi' } } }, 'abc.def.ghi'],
  [{ headers: { Authorization: 'Basic dXNlcjpwYXNz' } }, 'dXNlcjpwYXNz'],
  [{ headers: { cookie: 'console_session=s%3Ahush' } }, 'hush'],
  [{ headers: { 'set-cookie': ['a=hush; Path=/', 'b=hush2'] } }, 'hush'],
  [{ headers: { 'stripe-signature': 't=1,v1=hush' } }, 'hush'],
  [{ headers: { 'PAYPAL-TRANSMISSION-SIG': 'hush' } }, 'hush'],
  [{ headers: { 'x-api-key': 'hush' } }, 'hush'],
  [{ rawHeaders: ['Authorization', 'hush hush'] }, 'hush'],
  [{ a: { b: { c: [{ password: 'hush' }] } } }, 'hush'],
  [{ current_password: 'hu"sh\\' }, 'hu'],
  [{ newPassword: 'hush' }, 'hush'],
  [{ refresh_token: 'hush' }, 'hush'],
  [{ accessToken: 'hush' }, 'hush'],
  [{ client_secret: 'hush' }, 'hush'],
  [{ clientSecret: 'hush' }, 'hush'],
  [{ recovery_codes: ['hush', 'hush2'] }, 'hush'],
  [{ password: 12345678 }, '12345678'],
  [{ code: '123456' }, '123456'],
  [{ code: 'abcd-0123-efgh-4567' }, 'abcd-0123-efgh-4567'],
  [{ totp_secret: 'JBSWY3DPEHPK3PXP' }, 'JBSWY3DPEHPK3PXP'],
  [{ url: 'otpauth://totp/SafeSend:a?secret=JBSWY3DP' }, 'JBSWY3DP'],
  [{ auth: { user: 'u', pass: 'hush' } }, 'hush'],
  [{ body: JSON.stringify({ password: 'hush', nested: { token: 'hush' } }) }, 'hush'],
  [{ a: JSON.stringify({ b: JSON.stringify({ password: 'hush' }) }) }, 'hush'],
  ['connect postgres://user:hush@db:5432/x failed', 'hush'],
  ['redis://:hush@cache:6379/0', 'hush'],
  ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVzaA==;x=y', 'aHVzaA'],
  ['https://a.blob.core.windows.net/c/f?sv=1&sig=hush%3D&se=2', 'hush'],
  ['GET /api/notifications/unsubscribe?token=hush', 'hush'],
  ['GET /api/auth/oauth/google/callback?state=hush&code=hush2', 'hush'],
  [`the token ${JWT} has expired`, JWT],
  ['Invalid API Key provided: sk_live_hushhush', 'hushhush'],
  ['rk_test_hushhush and whsec_hushhush', 'hushhush'],
  ['pi_123_secret_hushhush', 'hushhush'],
  [PEM, PEM.split('\n')[1]],
  [{ key: PEM }, PEM.split('\n')[1]],
  ['paid with 4242 4242 4242 4242', '4242 4242'],
  ["{ password: 'hush', name: 'Ada' }", 'hush'],
]

test.group('What is written down', () => {
  for (const [what, hush] of WRITTEN) {
    const text = typeof what === 'string' ? what : JSON.stringify(what)
    test(`does not say ${text.slice(0, 70).replaceAll('\n', ' ')}`, ({ assert }) => {
      assert.include(text, hush.replaceAll('\n', '\\n'))
      const line = JSON.stringify({
        level: 30,
        before: 'kept',
        what,
        after: 'kept',
        code: 'E_CODE',
      })
      const clean = withoutSecrets(line)
      assert.notInclude(clean, hush)
      assert.deepInclude(JSON.parse(clean), { level: 30, before: 'kept', after: 'kept' })
      assert.equal(JSON.parse(clean).code, 'E_CODE')
      assert.notInclude(withoutSecrets(text), hush)
    })
  }

  test('keeps what is none', ({ assert }) => {
    for (const what of [
      { level: 30, time: 1795718374490, pid: 1, msg: 'job done', ms: 12, job_id: 'a' },
      {
        code: 'validation_failed',
        status: 422,
        errors: [{ field: 'password', rule: 'minLength' }],
      },
      { err: { code: '23505', message: 'duplicate key value violates unique constraint' } },
      { request_id: '01a21926-03a0-7a5e-b52f-1a15506ce676', path: '/api/auth/login', token: null },
      { help: 'an address such as postgres://user:password@host:5432/database' },
      { msg: 'Basic words, and a secret that nobody knows' },
      { url: 'https://api.stripe.com/v1/charges?limit=1', token_type: 'Bearer' },
    ]) {
      assert.equal(withoutSecrets(JSON.stringify(what)), JSON.stringify(what))
    }
  })

  test('is cleaned quickly, however long it is', ({ assert }) => {
    for (const unit of ['"password":"', 'a', '{"a":"b"},', 'token token ', 'code:1', '\\\\"']) {
      const started = performance.now()
      withoutSecrets(unit.repeat(100_000 / unit.length))
      assert.isBelow(performance.now() - started, 1000, unit)
    }
  })
})
