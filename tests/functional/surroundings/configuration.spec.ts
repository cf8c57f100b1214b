import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import { ace, script } from '../../../bin/surroundings/processes.js'

const PROCESSES = {
  'the web server': script('bin/server.ts'),
  'a worker': ace('queue:work'),
  'a command': ace('settings:set'),
  'a command of a package': ace('migration:run', '--force'),
}

/** Runs a process to its end, and answers its exit code and whatever it said. */
async function ended([program, ...args]: string[], env: Record<string, string>) {
  const child = spawn(program, args, {
    cwd: app.makePath(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 45_000,
  })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'exit')
  return { code, said: (await said).join('') }
}

const WRONG = {
  NODE_ENV: 'production',
  APP_URL: 'https://api.safesend.test/v1',
  DATABASE_URL: 'mysql://app:hushhush@db/safesend',
  JWT_PRIVATE_KEY: 'hushhush',
  REDIS_URL: 'http://:hushhush@cache',
  STRIPE_SECRET_KEY: 'sk_live_',
  DRIVE_DISK: 'azure',
  PORT: '99999',
}

test.group('Settings that are wrong', () => {
  for (const [name, command] of Object.entries(PROCESSES)) {
    test(`end ${name} with 1, all named on one screen without a stack trace`, async ({
      assert,
    }) => {
      const { code, said } = await ended(command, WRONG)
      assert.equal(code, 1, said)
      for (const variable of [
        'APP_URL',
        'DATABASE_URL',
        'JWT_PRIVATE_KEY',
        'REDIS_URL',
        'STRIPE_SECRET_KEY',
        'AZURE_STORAGE_CONNECTION_STRING',
        'PORT',
      ]) {
        assert.match(said, new RegExp(`^- ${variable} `, 'm'))
      }
      assert.match(said, /does not start: 7 of its settings are not right/)
      assert.isBelow(said.trim().split('\n').length, 24, said)
      assert.notMatch(said, /\bat .*:\d+:\d+|node_modules|Error:/)
      assert.include(said, 'postgres://user:password@host:5432/database')
      assert.notInclude(said, 'hushhush')
    }).timeout(60_000)
  }

  test('and fit for trials only are named by a worker, too, if money is real', async ({
    assert,
  }) => {
    const { code, said } = await ended(PROCESSES['a worker'], { STRIPE_SECRET_KEY: 'rk_live_1' })
    assert.equal(code, 1)
    assert.match(said, /STRIPE_API_BASE must be[^]*MAIL_TRANSPORT must be smtp/)
    assert.notMatch(said, /\bat .*:\d+:\d+|node_modules/)
  }).timeout(60_000)

  test('of a database that is not there end a command with 1, and its password is not said', async ({
    assert,
  }) => {
    for (const url of [
      'postgres://app:hushhush@127.0.0.1:1/safesend',
      process.env.DATABASE_URL!.replace(/:[^:@/]+@/, ':hushhush@'),
    ]) {
      const { code, said } = await ended(PROCESSES['a command'], { DATABASE_URL: url })
      assert.equal(code, 1, said)
      assert.notInclude(said, 'hushhush')
    }
  }).timeout(90_000)
})
