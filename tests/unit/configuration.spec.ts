import { generateKeyPairSync } from 'node:crypto'
import { Env } from '@adonisjs/core/env'
import { test } from '@japa/runner'
import { SCHEMA } from '#start/env'

const pem = (kind: 'ed25519' | 'x25519') =>
  generateKeyPairSync(kind as 'ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

/** Settings as somebody would set them in production. */
const RIGHT: Record<string, string> = {
  NODE_ENV: 'production',
  PORT: '3333',
  HOST: '0.0.0.0',
  LOG_LEVEL: 'info',
  APP_KEY: 'x'.repeat(32),
  APP_URL: 'https://api.safesend.test',
  JWT_PRIVATE_KEY: pem('ed25519'),
  DATABASE_URL: 'postgres://safesend:p%40ss@db.safesend.test:5432/safesend?sslmode=require',
  STRIPE_SECRET_KEY: 'sk_live_abc',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_abc',
  STRIPE_WEBHOOK_SECRETS: 'whsec_a, whsec_b',
  MAIL_TRANSPORT: 'smtp',
  MAIL_FROM: '"SafeSend" <escrow@safesend.test>',
  SMTP_HOST: 'smtp.safesend.test',
}

/** What is said of settings, a line for each that is wrong. */
function said(changes: Record<string, string>): string[] {
  const before = { ...process.env }
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, RIGHT, changes)
  try {
    Env.rules(SCHEMA).validate({})
    return []
  } catch (error) {
    return (error as { help: string }).help.split('\n')
  } finally {
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, before)
  }
}

/** A setting, and what must be said of it. */
const WRONG: [changes: Record<string, string>, expected: RegExp][] = [
  [{ NODE_ENV: 'prod' }, /NODE_ENV must be one of development, production, test/],
  [{ PORT: '70000' }, /PORT must be a whole number from 1 to 65535/],
  [{ PORT: 'http' }, /PORT must be a whole number/],
  [{ HOST: 'http://0.0.0.0' }, /HOST must be the host name or address to listen at/],
  [{ LOG_LEVEL: 'verbose' }, /LOG_LEVEL must be one of trace, debug/],
  [{ APP_KEY: '' }, /APP_KEY is not set. It must be a secret of 16 characters/],
  [{ APP_KEY: 'hush' }, /APP_KEY must be a secret of 16 characters/],
  [{ APP_URL: 'https://a.test/api' }, /APP_URL must be .* without a path/],
  [{ APP_URL: 'http://a.test' }, /APP_URL must be .*in production https/],
  [{ APP_URL: 'https://api.safesend.example' }, /APP_URL must be .*not the example/],
  [{ APP_URL: 'api.safesend.test' }, /APP_URL must be an address/],
  [{ FRONTEND_URL: 'ftp://a.test' }, /FRONTEND_URL must be an http or https/],
  [{ SUPPORT_EMAIL: 'help' }, /SUPPORT_EMAIL must be an e-mail address/],
  [{ CORS_ORIGINS: 'https://*.a.test' }, /CORS_ORIGINS must list origins/],
  [{ TRUSTED_PROXIES: '0.0.0.0/0' }, /TRUSTED_PROXIES must list addresses/],
  [{ LIMITS_FACTOR: '0' }, /LIMITS_FACTOR must be a number above 0/],
  [{ DATABASE_URL: 'mysql://u:hush@host/db' }, /DATABASE_URL must be an address such as postgres/],
  [{ DATABASE_URL: 'postgres://u:hush@host' }, /DATABASE_URL must be/],
  [{ DATABASE_URL: 'postgres://u:hu#sh@host/db' }, /DATABASE_URL must be .*percent-encoded/],
  [
    { DATABASE_URL: 'postgres://safesend:secret@localhost:5432/safesend' },
    /DATABASE_URL must be .*not the example/,
  ],
  [{ DATABASE_POOL_MAX: '-1' }, /DATABASE_POOL_MAX must be a whole number/],
  [{ REDIS_URL: 'http://u:hush@cache' }, /REDIS_URL must be an address such as redis:/],
  [{ JWT_PRIVATE_KEY: '' }, /JWT_PRIVATE_KEY is not set. It must be an Ed25519/],
  [{ JWT_PRIVATE_KEY: 'hush' }, /JWT_PRIVATE_KEY must be an Ed25519 private key/],
  [{ JWT_PRIVATE_KEY: pem('x25519') }, /JWT_PRIVATE_KEY must be an Ed25519 private key/],
  [{ STRIPE_SECRET_KEY: 'sk_live_' }, /STRIPE_SECRET_KEY must be Stripe's secret key/],
  [{ STRIPE_SECRET_KEY: 'pk_live_hush' }, /STRIPE_SECRET_KEY must be Stripe's secret key/],
  [{ STRIPE_PUBLISHABLE_KEY: 'pk_live_' }, /STRIPE_PUBLISHABLE_KEY must be/],
  [{ STRIPE_WEBHOOK_SECRETS: 'whsec_' }, /STRIPE_WEBHOOK_SECRETS must be the signing secret/],
  [{ STRIPE_CONNECT_WEBHOOK_SECRETS: 'hush' }, /STRIPE_CONNECT_WEBHOOK_SECRETS must be/],
  [{ STRIPE_API_BASE: 'stripe' }, /STRIPE_API_BASE must be an http or https address/],
  [{ STRIPE_TIMEOUT_MS: '1s' }, /STRIPE_TIMEOUT_MS must be a whole number/],
  [{ STRIPE_CURRENCIES: 'dollars' }, /STRIPE_CURRENCIES must be currency codes/],
  [{ STRIPE_COUNTRY: 'USA' }, /STRIPE_COUNTRY must be the two letters/],
  [{ PAYPAL_CLIENT_ID: 'id' }, /PAYPAL_CLIENT_SECRET is not set. It belongs to PAYPAL_CLIENT_ID/],
  [{ PAYPAL_CLIENT_SECRET: 'hush' }, /PAYPAL_CLIENT_ID is not set. It belongs to/],
  [{ GOOGLE_CLIENT_ID: 'id' }, /GOOGLE_CLIENT_SECRET is not set/],
  [{ GITHUB_CLIENT_SECRET: 'hush' }, /GITHUB_CLIENT_ID is not set/],
  [{ MAIL_TRANSPORT: 'sendmail' }, /MAIL_TRANSPORT must be one of smtp, file/],
  [{ MAIL_FROM: 'SafeSend' }, /MAIL_FROM must be an address/],
  [{ MAIL_FROM: 'SafeSend <escrow@safesend.example>' }, /MAIL_FROM must be .*not the example/],
  [{ SMTP_HOST: '' }, /SMTP_HOST is not set. It must be the host name of a mail server/],
  [{ SMTP_HOST: 'smtp.example.com' }, /SMTP_HOST must be .*not the example/],
  [{ SMTP_PORT: '0' }, /SMTP_PORT must be a whole number/],
  [{ SMTP_USERNAME: 'me' }, /SMTP_PASSWORD is not set/],
  [{ SMTP_TLS: 'yes' }, /SMTP_TLS must be one of implicit/],
  [{ DRIVE_DISK: 's3' }, /DRIVE_DISK must be one of fs, azure/],
  [{ DRIVE_DISK: 'azure' }, /AZURE_STORAGE_CONNECTION_STRING is not set/],
  [{ AZURE_STORAGE_CONNECTION_STRING: 'AccountName=a' }, /AZURE_STORAGE_.* must be .*AccountKey/],
  [{ AZURE_STORAGE_CONTAINER: 'My_Files' }, /AZURE_STORAGE_CONTAINER must be the name/],
  [{ CLAMAV_PORT: 'x' }, /CLAMAV_PORT must be a whole number/],
]

test.group('Settings', () => {
  test('that are right are taken', ({ assert }) => {
    assert.deepEqual(said({}), [])
    const fine: Record<string, string>[] = [
      { APP_URL: 'http://localhost:3333' },
      { APP_URL: 'https://api.safesend.test:8443/' },
      { FRONTEND_URL: 'https://safesend.test/app' },
      { NODE_ENV: 'development', JWT_PRIVATE_KEY: '', APP_URL: 'http://a.test' },
      { DATABASE_URL: 'postgresql://u@localhost/db' },
      { JWT_PRIVATE_KEY: pem('ed25519').replaceAll('\n', '\\n') },
      { DRIVE_DISK: 'azure', AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
      { REDIS_URL: 'rediss://:p@cache:6380', SMTP_USERNAME: 'me', SMTP_PASSWORD: 'x' },
      { MAIL_TRANSPORT: 'file', SMTP_HOST: '' },
    ]
    for (const changes of fine) {
      assert.deepEqual(said(changes), [], JSON.stringify(changes))
    }
  })

  for (const [changes, expected] of WRONG) {
    const [[name, value]] = Object.entries(changes)
    test(`say what is expected of ${name}=${value.slice(0, 50).split('\n')[0]}`, ({ assert }) => {
      const lines = said(changes)
      assert.lengthOf(lines, 1)
      assert.match(lines[0], expected)
      assert.notInclude(lines[0], 'hush')
    })
  }

  test('say all that is wrong at once', ({ assert }) => {
    const changes = Object.assign({}, ...WRONG.map(([each]) => each))
    const names = new Set(said(changes).map((line) => /^- (\w+)/.exec(line)![1]))
    assert.isAbove(names.size, 30)
  })

  test('are all missing at first, and each that is needed is named', ({ assert }) => {
    const lines = said(Object.fromEntries(Object.keys(RIGHT).map((name) => [name, ''])))
    const names = lines.map((line) => /^- (\w+)/.exec(line)![1])
    const optional = ['JWT_PRIVATE_KEY', 'SMTP_HOST']
    assert.sameMembers(
      names,
      Object.keys(RIGHT).filter((name) => !optional.includes(name))
    )
  })
})
