import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import app from '@adonisjs/core/services/app'
import { Logger } from '@adonisjs/core/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import loggerConfig from '#config/logger'
import { resetAll } from '#tests/support/database'
import { freePort } from '../../../bin/surroundings/ports.js'
import { ace, Processes, script } from '../../../bin/surroundings/processes.js'
import { waitFor } from '../../../bin/surroundings/wait.js'

/** Text with which somebody would write lines of their own, or command the terminal that shows them. */
const HOSTILE = {
  'a line of its own': 'x"}\n{"level":30,"security":"signed_in","user":"admin"}\n',
  'other ends of a line': 'a\r\nb\rc\u000bd\u000ce\u0085f\u2028g\u2029h',
  'quotes and backslashes': String.raw`"'\"\\'\n\u000a"},{"`,
  'commands of terminals': '\u001b[2J\u001b]0;title\u0007\u009b31mred\u007f\u0008',
  'turns of direction': 'a\u202eb\u2066c\u2069',
  'halves of characters, and nothing': '\ud83d\ude00 x\ud83d \u0000',
}

/** What a reader of lines, or the terminal that it runs in, acts on. */
// eslint-disable-next-line no-control-regex -- it is what is looked for
const ACTS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/** The logger of the configuration, and what it writes where standard output would be. */
function configured() {
  const written: string[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      written.push(String(chunk))
      done()
    },
  })
  const { transport, ...ours } = loggerConfig.loggers.app
  const logger = new Logger({ ...ours, level: 'trace', desination: stream as never })
  return { logger, written }
}

test.group('A line of the log', () => {
  for (const [what, text] of Object.entries(HOSTILE)) {
    test(`stays one line of JSON, whoever has written into it: ${what}`, ({ assert }) => {
      const { logger, written } = configured()
      logger.info(text)
      logger.warn({ route: text, nested: { list: [text] }, [text]: 1 }, 'kept')
      logger.error({ err: new Error(text) }, text)
      logger.child({ about: text }).info('kept')
      assert.lengthOf(written, 4)
      for (const line of written) {
        assert.isTrue(line.endsWith('\n'))
        assert.notMatch(line.slice(0, -1), ACTS)
      }
      const lines = written.map((line) => JSON.parse(line))
      const [message, fields, error, child] = lines
      const said = [
        message.msg,
        fields.route,
        fields.nested.list[0],
        error.err.message,
        child.about,
      ]
      for (const each of said) assert.equal(each.toWellFormed(), text.toWellFormed())
      assert.deepEqual(
        lines.map(({ level }) => level),
        [30, 40, 50, 30]
      )
      for (const line of lines) assert.notProperty(line, 'security')
    })
  }
})

test.group('The time of a line', (group) => {
  let processes: Processes
  let logs: string

  group.each.setup(async () => {
    await resetAll()
    logs = await mkdtemp(app.makePath('tmp', 'times-'))
    return async () => {
      await processes.stop()
      await rm(logs, { recursive: true, force: true })
    }
  })

  test('is UTC in milliseconds, and in the audit log too, wherever the machine is', async ({
    assert,
  }) => {
    const port = await freePort()
    const env = { PORT: String(port), LOG_LEVEL: 'info', TZ: 'Asia/Kolkata' }
    processes = new Processes({ env, logs })
    const from = Date.now()
    await processes.serve('web', script('bin/server.ts'))
    const refused = await fetch(`http://127.0.0.1:${port}/api/projects`, {
      headers: { 'x-request-id': 'looked-for' },
    })
    assert.equal(refused.status, 401)
    const read = () => readFile(join(logs, 'web.log'), 'utf8')
    await waitFor('the line', async () => (await read()).includes('"looked-for"'))
    const change = ['payout_hold_days', '2', '--by=ops@example.com', '--reason=Longer']
    await processes.run('change', ace('settings:set', ...change))
    const to = Date.now()

    const lines = (await read())
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
    assert.include(
      lines.find((line) => line.request_id === 'looked-for'),
      { security: 'refused' }
    )
    for (const { time } of lines) {
      assert.isTrue(Number.isInteger(time) && from <= time && time <= to, String(time))
    }

    const { rows } = await db.rawQuery(
      'SELECT at, pg_typeof(at)::text AS type FROM audit_log ORDER BY id DESC LIMIT 1'
    )
    const [{ at, type }] = rows
    assert.equal(type, 'timestamp with time zone')
    assert.isTrue(from <= at.getTime() && at.getTime() <= to, at.toISOString())
  }).timeout(120_000)
})
