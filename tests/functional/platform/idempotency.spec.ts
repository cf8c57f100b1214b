import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from '@japa/runner'
import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import db from '@adonisjs/lucid/services/db'
import {
  bindIdempotencyKey,
  purgeIdempotencyKeys,
  withIdempotency,
  type IdempotencyClaim,
} from '#escrow/idempotency'
import { unprocessable, wrongState } from '#exceptions/problem'
import { api as apiRoutes, signedIn } from '#start/routes/groups'
import { api, expectProblem, type Answer } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aClient } from '#tests/support/users'

/**
 * An operation in the three phases of every money POST: it writes its intent and binds the key in
 * one transaction, then does something slow, then answers. What it did is in `charges`.
 */
let charges: string[] = []
let resumed: string[] = []
let asleep: (() => void)[] = []
let faults: { beforeBind?: () => Promise<void>; afterBind?: () => Promise<void> } = {}

async function charge(claim: IdempotencyClaim) {
  const id = randomUUID()
  await db.transaction(async (trx) => {
    await faults.beforeBind?.()
    await bindIdempotencyKey(trx, claim, id)
  })
  charges.push(id)
  await faults.afterBind?.()
  return answerFor(id)
}

const answerFor = (id: string) => ({
  status: 201,
  body: { data: { zeta: 1, id, client_action: { client_secret: `secret of ${id}` }, alpha: null } },
})

apiRoutes(() => {
  signedIn(() => {
    router
      .post('test/charges/:account', (ctx) =>
        withIdempotency(ctx, {
          run: charge,
          async resume(id) {
            resumed.push(id)
            return answerFor(id)
          },
          refresh: (body, id) => ({
            data: { ...body.data, client_action: { client_secret: `fresh secret of ${id}` } },
          }),
        })
      )
      .as('test.charges')
      .use(limits.payment)
  })
})

const wakeAll = () => asleep.splice(0).forEach((wake) => wake())

test.group('Idempotency-Key', (group) => {
  let client: Awaited<ReturnType<typeof aClient>>
  let key: string

  group.each.setup(async () => {
    await resetAll()
    charges = []
    resumed = []
    faults = {}
    key = randomUUID()
    client = await aClient()
    return wakeAll
  })

  const post = (body: unknown = { amount: '10.00' }, options: { key?: string; to?: string } = {}) =>
    api(client).post(`test/charges/${options.to ?? 'a'}`, body, {
      idempotencyKey: options.key ?? key,
    })
  const replayed = (answer: Answer) => answer.headers.get('idempotent-replayed') === 'true'
  const stored = async () => db.from('idempotency_keys').where('key', key).first()
  const loseLease = () =>
    db
      .from('idempotency_keys')
      .where('key', key)
      .update({ locked_until: db.raw(`now() - interval '1 second'`) })

  test('a money request without a key, or with one that is none, is refused', async ({
    assert,
  }) => {
    const send = (idempotencyKey?: string) =>
      api(client).post('test/charges/a', {}, { idempotencyKey })
    expectProblem(await send(), 400, 'idempotency_key_required')
    expectProblem(await send('two words'), 400, 'idempotency_key_invalid')
    expectProblem(await send('k'.repeat(256)), 400, 'idempotency_key_invalid')
    expectProblem(await send('schlüssel'), 400, 'idempotency_key_invalid')
    assert.isEmpty(charges)
    assert.equal((await send('k'.repeat(255))).status, 201)
  })

  test('the same key and body gives the first answer again, in any order of members', async ({
    assert,
  }) => {
    const first = await post({ amount: '10.00', note: { a: 1, b: 2 } })
    const second = await post({ note: { b: 2, a: 1 }, amount: '10.00' })
    assert.equal(first.status, 201)
    assert.isFalse(replayed(first))
    assert.equal(second.status, 201)
    assert.isTrue(replayed(second))
    assert.equal(second.data.id, first.data.id)
    assert.deepEqual(Object.keys(second.data), Object.keys(first.data))
    assert.lengthOf(charges, 1)
  })

  test('secrets are not stored but fetched again', async ({ assert }) => {
    const first = await post()
    const row = await stored()
    assert.notInclude(JSON.stringify(row.response_body), 'secret of')
    assert.isNull(row.response_body.data.client_action)
    assert.equal(first.data.client_action.client_secret, `secret of ${charges[0]}`)
    const second = await post()
    assert.equal(second.data.client_action.client_secret, `fresh secret of ${charges[0]}`)
  })

  test('the same key with another body or about another record is refused', async ({ assert }) => {
    await post()
    expectProblem(await post({ amount: '10.01' }), 422, 'idempotency_key_reused')
    expectProblem(await post({ amount: '10.00' }, { to: 'b' }), 422, 'idempotency_key_reused')
    assert.lengthOf(charges, 1)
  })

  test('keys of two people do not meet', async ({ assert }) => {
    await post()
    const other = await api(await aClient()).post(
      'test/charges/a',
      { amount: '10.00' },
      { idempotencyKey: key }
    )
    assert.equal(other.status, 201)
    assert.lengthOf(charges, 2)
  })

  test('100 requests with one key at once run once; the others wait or get its answer', async ({
    assert,
  }) => {
    faults.afterBind = () => wait(300)
    const answers = await Promise.all(Array.from({ length: 100 }, () => post()))
    assert.lengthOf(charges, 1)
    const done = answers.filter(({ status }) => status === 201)
    const running = answers.filter(({ status }) => status === 409)
    assert.equal(done.length + running.length, 100)
    assert.lengthOf(
      done.filter((answer) => !replayed(answer)),
      1
    )
    for (const answer of done) assert.equal(answer.data.id, charges[0])
    for (const answer of running) {
      expectProblem(answer, 409, 'idempotency_in_progress')
      assert.equal(answer.headers.get('retry-after'), '1')
    }
    assert.equal((await post()).data.id, charges[0])
  })

  test('a refusal is not stored: the same key may try again', async ({ assert }) => {
    faults.beforeBind = async () => {
      throw wrongState('The milestone is not submitted yet.', 'pending')
    }
    expectProblem(await post(), 409, 'wrong_state')
    assert.isNull(await stored())
    faults.beforeBind = async () => {
      throw unprocessable('amount', 'max', 'Too much.')
    }
    expectProblem(await post({ amount: '99.00' }), 422, 'validation_failed')
    faults = {}
    assert.equal((await post()).status, 201)
    assert.lengthOf(charges, 1)
  })

  test('a failure after the intent is written resumes from it', async ({ assert }) => {
    faults.afterBind = async () => {
      throw new Error('the provider did not answer')
    }
    expectProblem(await post(), 500, 'internal_error')
    faults = {}
    const again = await post()
    assert.equal(again.status, 201)
    assert.equal(again.data.id, charges[0])
    assert.deepEqual(resumed, charges)
    assert.lengthOf(charges, 1)
    assert.isTrue(replayed(await post()))
  })

  test('a key whose process died before the intent runs anew, one that died after it resumes', async ({
    assert,
  }) => {
    let reached = standStill('beforeBind')
    void post()
    await reached
    expectProblem(await post(), 409, 'idempotency_in_progress')
    await loseLease()
    faults = {}
    assert.equal((await post()).status, 201)
    assert.lengthOf(charges, 1)
    assert.isEmpty(resumed)

    key = randomUUID()
    reached = standStill('afterBind')
    void post()
    await reached
    expectProblem(await post(), 409, 'idempotency_in_progress')
    await loseLease()
    faults = {}
    const answer = await post()
    assert.equal(answer.data.id, charges[1])
    assert.deepEqual(resumed, [charges[1]])
    assert.lengthOf(charges, 2)
  })

  test('a process that was only slow and lost its key cannot write its intent any more', async ({
    assert,
  }) => {
    const reached = standStill('beforeBind')
    const slow = post()
    await reached
    await loseLease()
    faults = {}
    const quick = await post()
    assert.equal(quick.status, 201)
    wakeAll()
    expectProblem(await slow, 409, 'idempotency_in_progress')
    assert.lengthOf(charges, 1)
    assert.equal((await post()).data.id, quick.data.id)
  })

  test('an orphaned key is taken over by one of many', async ({ assert }) => {
    faults.afterBind = async () => {
      throw new Error('the provider did not answer')
    }
    await post()
    faults = {}
    const answers = await Promise.all(Array.from({ length: 30 }, () => post()))
    assert.lengthOf(resumed, 1)
    assert.isTrue(answers.every(({ status }) => status === 201 || status === 409))
  })

  test('keys are kept for a day and deleted after two', async ({ assert }) => {
    await post()
    const age = (hours: number) =>
      db.rawQuery(
        `UPDATE idempotency_keys SET created_at = now() - make_interval(hours => ?),
                locked_until = now() - interval '1 hour'`,
        [hours]
      )
    await age(25)
    assert.equal(await purgeIdempotencyKeys(), 0)
    await age(49)
    assert.equal(await purgeIdempotencyKeys(), 1)
  })

  /** The next request that gets there stops, as if its process were dead, until the test is over. */
  function standStill(where: keyof typeof faults): Promise<void> {
    return new Promise((reached) => {
      faults[where] = () => {
        reached()
        return new Promise((wake) => asleep.push(wake))
      }
    })
  }
})
