import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import { parse } from 'yaml'
import { StripeSandbox } from '#sandbox/stripe/index'
import { SCHEMA } from '#start/env'
import { assertFitForLiveMoney } from '#start/live_money'

interface Service {
  image: string
  command?: string[]
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  ports?: string[]
  env_file?: string
  environment?: Record<string, unknown>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: unknown
}

const read = (path: string) => readFileSync(app.makePath(path), 'utf8')

/** As compose reads it. */
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
}

/** What `bin/compose-env` writes, by the name of the file. */
function generated(): Record<string, Record<string, string>> {
  const parent = mkdtempSync(app.makePath('tmp', 'compose-'))
  try {
    const dir = join(parent, 'env')
    execFileSync(process.execPath, [app.makePath('bin/surroundings/compose_env.mjs'), dir])
    return Object.fromEntries(
      readdirSync(dir).map((name) => [`tmp/compose/${name}`, variables(join(dir, name))])
    )
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

function variables(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
}

/** What a service's processes find in their environment. */
function environmentOf(name: string): Record<string, string> {
  const { env_file: file, environment = {} } = services[name]
  const plain = Object.entries(environment).map(([key, value]) => [key, String(value)])
  return { ...(file && generated()[file]), ...Object.fromEntries(plain) }
}

function isRequired(rule: (name: string, value?: string) => unknown, name: string): boolean {
  try {
    rule(name, undefined)
    return false
  } catch {
    return true
  }
}

const OURS = ['web', 'worker', 'migrate']

test.group('docker-compose.yml', () => {
  test('sets what SafeSend needs, and nothing that it does not know', ({ assert }) => {
    const rules = SCHEMA as Record<string, (name: string, value?: string) => unknown>
    for (const name of OURS) {
      const set = environmentOf(name)
      for (const [variable, value] of Object.entries(set)) {
        assert.property(rules, variable)
        assert.doesNotThrow(() => rules[variable](variable, value))
      }
      const conditional = ['SMTP_HOST', 'AZURE_STORAGE_CONNECTION_STRING']
      for (const variable of Object.keys(rules).filter((each) => isRequired(rules[each], each))) {
        assert.isNotEmpty(set[variable], `${name}: ${variable}`)
      }
      for (const variable of conditional) assert.isNotEmpty(set[variable], `${name}: ${variable}`)
      assert.match(set.JWT_PRIVATE_KEY, /^-----BEGIN PRIVATE KEY-----\\n[^"\n]+-----$/)
    }
  })

  test('gives the stand-ins the secrets that SafeSend checks them by', ({ assert }) => {
    const secrets = generated()
    const [ours, theirs] = [secrets['tmp/compose/safesend.env'], secrets['tmp/compose/sandbox.env']]
    assert.equal(theirs.SANDBOX_STRIPE_WEBHOOK_SECRET, ours.STRIPE_WEBHOOK_SECRETS)
    assert.equal(theirs.SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET, ours.STRIPE_CONNECT_WEBHOOK_SECRETS)
    assert.include(ours.DATABASE_URL, secrets['tmp/compose/postgres.env'].POSTGRES_PASSWORD)
    const storage = ours.AZURE_STORAGE_CONNECTION_STRING
    const [account, key] = secrets['tmp/compose/azurite.env'].AZURITE_ACCOUNTS.split(/:(.*)/s)
    assert.include(storage, `AccountName=${account};AccountKey=${key};`)
    for (const name of [
      'PAYPAL_CLIENT_ID',
      'PAYPAL_CLIENT_SECRET',
      'PAYPAL_WEBHOOK_ID',
      'VENMO_WEBHOOK_ID',
    ]) {
      assert.equal(services.sandbox.environment?.[name], services.web.environment?.[name], name)
    }
  })

  test('has no secret in it, and no two machines have the same', ({ assert }) => {
    const [one, another] = [generated(), generated()]
    const text = read('docker-compose.yml')
    for (const [file, values] of Object.entries(one)) {
      for (const [name, value] of Object.entries(values)) {
        assert.notEqual(value, another[file][name], name)
        assert.notInclude(text, value)
      }
    }
    assert.notMatch(text, /PASSWORD:|APP_KEY|PRIVATE_KEY|AccountKey|whsec_/)
  })

  test('cannot be used with real money', ({ assert }) => {
    const set = { ...environmentOf('web'), STRIPE_SECRET_KEY: 'sk_live_1' }
    assert.throws(
      () => assertFitForLiveMoney(set),
      /STRIPE_API_BASE must be[^]*PAYPAL_API_BASE must be/
    )
  })

  test('starts what serves only after the migrations, as the same image without rights', ({
    assert,
  }) => {
    for (const name of OURS) {
      const service = services[name]
      assert.equal(service.image, services.web.image)
      assert.deepEqual(service.command, [name])
      assert.isTrue(service.read_only)
      assert.deepEqual(service.cap_drop, ['ALL'])
      if (name === 'migrate') continue
      assert.equal(service.depends_on?.migrate.condition, 'service_completed_successfully')
      assert.equal(service.depends_on?.prepare.condition, 'service_completed_successfully')
    }
    assert.equal(services.migrate.depends_on?.postgres.condition, 'service_healthy')
  })

  test('waits for the health only of what says how it is', ({ assert }) => {
    for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        assert.property(services, needed, name)
        if (condition === 'service_healthy') assert.isDefined(services[needed].healthcheck, needed)
      }
    }
  })

  test('has stand-ins whose links lead to the name that browsers and containers know', async ({
    assert,
    cleanup,
  }) => {
    const stripe = new StripeSandbox()
    cleanup(() => stripe.stop())
    await stripe.start(0, 'localhost')
    assert.match(stripe.url, /^http:\/\/localhost:\d+$/)
    assert.equal((await fetch(`${stripe.url}/_sandbox/health`)).status, 200)
    assert.include(environmentOf('web').STRIPE_API_BASE, environmentOf('sandbox').SANDBOX_HOST)
  })

  test('is reached from this machine only, and names the version of each image', ({ assert }) => {
    for (const [name, { ports = [], image }] of Object.entries(services)) {
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name)
      if (!image.startsWith('safesend')) assert.match(image, /:v?\d[\w.-]*$/, name)
    }
  })
})

test.group('Dockerfile', () => {
  const text = read('Dockerfile')

  test('ends with the stage of production, as a user without rights', ({ assert }) => {
    const stages = [...text.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name)
    assert.equal(stages.at(-1), 'production')
    const last = text.slice(text.lastIndexOf('\nFROM '))
    assert.match(last, /^USER \d{5}:\d{5}$/m)
    assert.notMatch(last, /npm|apt-get|sandbox/)
  })

  test('takes the Node that the project runs on', ({ assert }) => {
    const { devDependencies } = JSON.parse(read('package.json'))
    const major = /^\^(\d+)\./.exec(devDependencies.node)?.[1]
    assert.match(
      text,
      new RegExp(String.raw`^ARG NODE_IMAGE=\S+/node:${major}-bookworm-slim$`, 'm')
    )
  })

  test('gets and keeps what its entry points load, and gets what it is built by', ({ assert }) => {
    const allowed = read('.dockerignore').split('\n')
    const kept = read('docker/assemble.mjs')
    for (const entry of ['bin/server.ts', 'bin/console.ts']) {
      const loaded = [...read(entry).matchAll(/import\('\.\/([\w/]+)\.js'\)/g)].map(([, it]) => it)
      assert.isAbove(loaded.length, 0)
      for (const name of loaded) {
        assert.include(allowed, `!bin/${name}.ts`)
        assert.include(kept, `'${name}.js'`)
      }
    }
    for (const [, name] of read('vite.config.ts').matchAll(/from '\.\/(bin\/[\w/]+)\.js'/g)) {
      assert.include(allowed, `!${name}.ts`)
    }
  })

  test('gets from this folder only what is listed', ({ assert }) => {
    const [first, ...rest] = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
    assert.equal(first, '*')
    const allowed = rest.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    for (const name of ['.env', '.git', 'node_modules', 'tests', 'tmp', 'storage', 'infra']) {
      assert.notInclude(allowed, name)
    }
  })
})
