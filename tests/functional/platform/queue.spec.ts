import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { jobs } from '#jobs/index'
import { countDeadLetters, defineJob, drainQueue, enqueue, type JobContext } from '#jobs/queue'
import { BY, run } from '#tests/functional/operations/run'
import { currentScope, inScope } from '#telemetry/scope'
import { resetAll } from '#tests/support/database'

interface Seen {
  data: { say: string }
  attempt: number
  lastAttempt: boolean
}

let seen: Seen[] = []
let behave: (data: { say: string }, context: JobContext) => Promise<void> = async () => {}

const note = defineJob<{ say: string }>({
  name: 'note_test_job',
  retryLimit: 2,
  async handle(data, context) {
    seen.push({ data, attempt: context.attempt, lastAttempt: context.lastAttempt })
    await behave(data, context)
  },
})
const slow = defineJob<{ ms: number }>({ name: 'slow_test_job', async handle() {} })

const said = () => seen.map(({ data }) => data.say)
const stateOf = async (id: string | null) => {
  const { rows } = await db.rawQuery('SELECT state::text FROM pgboss.job WHERE id = ?', [id])
  return rows[0]?.state
}

test.group('Jobs', (group) => {
  group.setup(() => {
    jobs.push(note, slow)
    return () => {
      jobs.splice(jobs.indexOf(note), 2)
    }
  })
  group.each.setup(async () => {
    await resetAll()
    seen = []
    behave = async () => {}
  })

  test('a job runs once its transaction has committed, with its data', async ({ assert }) => {
    await db.transaction(async (trx) => {
      await enqueue(trx, note, { say: 'hello' })
      assert.equal((await drainQueue()).done, 0)
    })
    assert.equal((await drainQueue()).done, 1)
    assert.deepEqual(seen, [{ data: { say: 'hello' }, attempt: 1, lastAttempt: false }])
    assert.equal((await drainQueue()).done, 0)
  })

  test('a job knows the request that caused it, as do the jobs that it causes; one of an older release runs all the same', async ({
    assert,
  }) => {
    const causes: (string | undefined)[] = []
    behave = async ({ say }, { id }) => {
      const scope = currentScope()
      causes.push(scope.request_id)
      assert.deepInclude(scope, { job: 'note_test_job', job_id: id, attempt: 1 })
      if (say === 'first') await enqueue(db, note, { say: 'second' })
    }
    await inScope({ request_id: 'the-request' }, () => enqueue(db, note, { say: 'first' }))
    await drainQueue()
    // As it was queued before there were causes.
    await enqueue(db, note, { say: 'old' })
    await drainQueue()
    assert.deepEqual(causes, ['the-request', 'the-request', undefined])
    assert.deepEqual(
      seen.map(({ data }) => data),
      [{ say: 'first' }, { say: 'second' }, { say: 'old' }]
    )
    assert.deepEqual(currentScope(), {})
  })

  test('a job is gone with its transaction, or with the savepoint it was sent in', async ({
    assert,
  }) => {
    await assert.rejects(() =>
      db.transaction(async (trx) => {
        await enqueue(trx, note, { say: 'never' })
        throw new Error('rolled back')
      })
    )
    await db.transaction(async (trx) => {
      await enqueue(trx, note, { say: 'outer' })
      const savepoint = await trx.transaction()
      await enqueue(savepoint, note, { say: 'inner' })
      await savepoint.rollback()
    })
    await drainQueue()
    assert.deepEqual(said(), ['outer'])
  })

  test('a job sent without a transaction is there at once', async ({ assert }) => {
    await enqueue(db, note, { say: 'now' })
    await drainQueue()
    assert.deepEqual(said(), ['now'])
  })

  test('a job for later waits, unless the drain is told to take it', async ({ assert }) => {
    await enqueue(db, note, { say: 'in an hour' }, { startAfter: 3600 })
    await enqueue(db, note, { say: 'tomorrow' }, { startAfter: new Date(Date.now() + 86_400_000) })
    await enqueue(db, note, { say: 'yesterday' }, { startAfter: new Date(Date.now() - 86_400_000) })
    await drainQueue()
    assert.deepEqual(said(), ['yesterday'])
    await drainQueue({ includeDeferred: true })
    assert.sameMembers(said(), ['yesterday', 'in an hour', 'tomorrow'])
  })

  test('jobs that a job sends run in the same drain', async ({ assert }) => {
    behave = async ({ say }) => {
      if (say !== 'last') await db.transaction((trx) => enqueue(trx, note, { say: 'last' }))
    }
    await enqueue(db, note, { say: 'first' })
    assert.equal((await drainQueue()).done, 2)
  })

  test('of jobs with one key only one waits; while it runs, the next may wait', async ({
    assert,
  }) => {
    const key = { singletonKey: 'case 1' }
    await enqueue(db, note, { say: 'one' }, key)
    assert.isNull(await enqueue(db, note, { say: 'two' }, key))
    assert.isNotNull(await enqueue(db, note, { say: 'other' }, { singletonKey: 'case 2' }))
    await enqueue(db, note, { say: 'keyless' })
    await enqueue(db, note, { say: 'keyless' })
    behave = async ({ say }) => {
      if (say === 'one') assert.isNotNull(await enqueue(db, note, { say: 'three' }, key))
    }
    await drainQueue()
    assert.sameMembers(said(), ['one', 'other', 'keyless', 'keyless', 'three'])
  })

  test('a waiting job that stands for a second one does not run before that has committed', async ({
    assert,
  }) => {
    await enqueue(db, note, { say: 'look' }, { singletonKey: 'case 1' })
    await db.transaction(async (trx) => {
      assert.isNull(await enqueue(trx, note, { say: 'look' }, { singletonKey: 'case 1' }))
      assert.equal((await drainQueue()).done, 0)
    })
    assert.equal((await drainQueue()).done, 1)
  })

  test('a failed job waits for its retry, longer each time, and then is a dead letter', async ({
    assert,
  }) => {
    behave = async () => {
      throw new Error('not today')
    }
    const id = await enqueue(db, note, { say: 'try' })
    const delays: number[] = []
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { failed, dead } = await drainQueue({ includeDeferred: false })
      assert.deepEqual([failed, dead], [1, 0])
      const { rows } = await db.rawQuery(
        `SELECT state::text, extract(epoch FROM start_after - now())::float AS delay, output
         FROM pgboss.job WHERE id = ?`,
        [id]
      )
      assert.equal(rows[0].state, 'retry')
      assert.equal(rows[0].output.message, 'not today')
      delays.push(rows[0].delay)
      await db.rawQuery('UPDATE pgboss.job SET start_after = now() WHERE id = ?', [id])
    }
    assert.isAbove(delays[0], 2)
    assert.isBelow(delays[0], 10.1)
    assert.isAbove(delays[1], 7)
    assert.isBelow(delays[1], 20.1)

    assert.equal((await drainQueue()).dead, 1)
    assert.deepEqual(
      seen.map(({ attempt, lastAttempt }) => [attempt, lastAttempt]),
      [
        [1, false],
        [2, false],
        [3, true],
      ]
    )
    assert.equal(await stateOf(id), 'failed')
    assert.deepEqual(await countDeadLetters(), { note_test_job: 1 })
  })

  test('a dead letter can be sent back to its queue', async ({ assert }) => {
    behave = async () => {
      throw new Error('not today')
    }
    await enqueue(db, note, { say: 'try' }, { singletonKey: 'case 1' })
    const first = await drainQueue({ retryNow: true })
    assert.deepEqual([first.done, first.failed, first.dead], [0, 3, 1])
    behave = async () => {}
    await assert.rejects(() => run('queue:redrive'), /Missing required option "by"/)
    assert.equal((await run('queue:redrive', 'another_job', ...BY)).exitCode ?? 0, 0)
    assert.isEmpty(await db.from('audit_log'))
    assert.include((await run('queue:redrive', ...BY)).output, '1 job is tried again')
    const line = await db.from('audit_log').firstOrFail()
    assert.deepInclude(line, {
      actor_type: 'operator',
      action: 'queue.redriven',
      target_id: 'note_test_job',
      after: { jobs: 1 },
    })
    assert.deepEqual(await countDeadLetters(), {})
    assert.equal((await drainQueue()).done, 1)
  })

  test('a drain that retries at once gets a job through that fails at first', async ({
    assert,
  }) => {
    behave = async (_, { attempt }) => {
      if (attempt < 3) throw new Error('not yet')
    }
    await enqueue(db, note, { say: 'try' })
    const { done, failed, errors } = await drainQueue({ retryNow: true })
    assert.deepEqual([done, failed], [1, 2])
    assert.equal((errors[0].error as Error).message, 'not yet')
  })

  test('drains side by side share the jobs and run none twice', async ({ assert }) => {
    const names = Array.from({ length: 60 }, (_, n) => `job ${n}`)
    await db.transaction(async (trx) => {
      for (const say of names) await enqueue(trx, note, { say })
    })
    await Promise.all([1, 2, 3, 4].map(() => drainQueue({ concurrency: 5 })))
    assert.sameMembers(said(), names)
    assert.lengthOf(seen, 60)
  })

  test('every job has its own name', async ({ assert }) => {
    const names = jobs.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
  })
})

test.group('Worker', (group) => {
  let worker: ChildProcess | undefined
  let output = ''

  group.each.setup(async () => {
    await resetAll()
    output = ''
    return () => {
      if (worker?.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL')
      worker = undefined
    }
  })

  async function startWorker(...flags: string[]) {
    const script = fileURLToPath(new URL('../../support/worker_with_slow_job.ts', import.meta.url))
    worker = spawn(process.execPath, ['--import=@poppinss/ts-exec', script, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    worker.stdout!.on('data', (chunk) => (output += chunk))
    worker.stderr!.on('data', (chunk) => (output += chunk))
    await untilOutput('worker ready')
    return worker
  }

  async function untilOutput(text: string) {
    const deadline = Date.now() + 30_000
    while (!output.includes(text)) {
      if (Date.now() > deadline || worker!.exitCode !== null) {
        throw new Error(`the worker did not say "${text}":\n${output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  test('queue:work that is told to stop finishes its job, begins none, and exits with 0', async ({
    assert,
  }) => {
    const child = await startWorker()
    const running = await enqueue(db, slow, { ms: 1500 })
    await untilOutput('slow job begun')
    const waiting = await enqueue(db, slow, { ms: 10 })
    child.kill('SIGTERM')
    const [code, signal] = await once(child, 'exit')
    assert.deepEqual([code, signal], [0, null], output)
    assert.equal(await stateOf(running), 'completed')
    assert.equal(await stateOf(waiting), 'created')
  }).timeout(60_000)

  test('a job that outlives the time to stop is left for another worker, and ends nobody', async ({
    assert,
  }) => {
    const child = await startWorker('--stop-timeout=1')
    const running = await enqueue(db, slow, { ms: 120_000 })
    await untilOutput('slow job begun')
    const told = Date.now()
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null], output)
    assert.isBelow(Date.now() - told, 15_000)
    assert.equal(await stateOf(running), 'retry')
  }).timeout(60_000)

  test('a worker that is told to stop twice stops at once', async ({ assert }) => {
    const child = await startWorker()
    const running = await enqueue(db, slow, { ms: 120_000 })
    await untilOutput('slow job begun')
    child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const told = Date.now()
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [1, null])
    assert.isBelow(Date.now() - told, 2000)
    assert.equal(await stateOf(running), 'active', 'its silence will give it to another')
  }).timeout(60_000)

  test('a job whose worker was killed is run again', async ({ assert, cleanup }) => {
    const child = await startWorker()
    const id = await enqueue(db, slow, { ms: 60_000 })
    await untilOutput('slow job begun')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(await stateOf(id), 'active')
    jobs.push(slow)
    cleanup(() => {
      jobs.splice(jobs.indexOf(slow), 1)
    })
    assert.equal((await drainQueue()).done, 0)
    assert.equal((await drainQueue({ abandoned: true })).done, 1)
    assert.equal(await stateOf(id), 'completed')
  }).timeout(60_000)

  test('a worker keeps the schedule of its release', async ({ assert }) => {
    const child = await startWorker()
    const wanted = jobs
      .filter(({ schedule }) => schedule)
      .map(({ name, schedule }) => [name, schedule])
    const { rows } = await db.rawQuery('SELECT name, cron FROM pgboss.schedule')
    assert.sameDeepMembers(
      rows.map((row: { name: string; cron: string }) => [row.name, row.cron]),
      wanted
    )
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  }).timeout(60_000)
})
