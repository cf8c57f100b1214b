import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import { freePort } from '../../../bin/surroundings/ports.js'

test.group('A web server with a live key', () => {
  test('does not start on the settings of the demo', async ({ assert }) => {
    const server = spawn(
      process.execPath,
      ['--import=@poppinss/ts-exec', app.makePath('bin/server.ts')],
      {
        env: {
          ...process.env,
          NODE_ENV: 'production',
          PORT: String(await freePort(3333)),
          STRIPE_SECRET_KEY: 'rk_live_1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 30_000,
      }
    )
    const said = Promise.all([text(server.stdout), text(server.stderr)])
    const [code] = await once(server, 'exit')
    assert.equal(code, 1)
    assert.match((await said).join(''), /STRIPE_API_BASE must be[^]*MAIL_TRANSPORT must be smtp/)
  })
})
