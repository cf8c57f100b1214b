import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { readiness } from '#start/health'

const get = async (path: string) => {
  const response = await fetch(`http://${process.env.HOST}:${process.env.PORT}${path}`)
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as any,
  }
}

test.group('Health', () => {
  test('a process that runs is live', async ({ assert }) => {
    const { status, body } = await get('/health/live')
    assert.equal(status, 200)
    assert.deepEqual(body, { status: 'ok', revision: 'unknown' })
  })

  test('a process whose database, migrations and job queue are there is ready', async ({
    assert,
  }) => {
    const { status, body } = await get('/health/ready')
    assert.equal(status, 200)
    const { worker, ...others } = body.checks
    assert.equal(body.status, 'ok')
    assert.deepEqual(others, { database: 'ok', migrations: 'ok', job_queue: 'ok', storage: 'ok' })
    assert.oneOf(worker, ['ok', 'warning'])
  })

  test('a process without its job queue says so, without details, and is ready again with it', async ({
    assert,
    cleanup,
  }) => {
    await readiness.run()
    const restore = () => db.rawQuery('ALTER TABLE IF EXISTS pgboss.version_away RENAME TO version')
    cleanup(() => restore().then(() => {}))
    await db.rawQuery('ALTER TABLE pgboss.version RENAME TO version_away')
    const { status, headers, body } = await get('/health/ready')
    assert.equal(status, 503)
    assert.equal(headers.get('retry-after'), '5')
    assert.equal(body.status, 'failed')
    assert.containsSubset(body.checks, { database: 'ok', migrations: 'ok', job_queue: 'error' })
    await restore()
    assert.equal((await get('/health/ready')).status, 200)
  })
})
