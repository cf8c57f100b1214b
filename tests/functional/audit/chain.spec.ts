import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { headText } from '#audit/chain'
import { eraseWords } from '#audit/erase_words'
import { recordAudit } from '#audit/record_audit'
import { runVerification } from '#audit/run_verification'
import { sealAudit } from '#audit/seal'
import { verifyAudit } from '#audit/verify'
import { run } from '#tests/functional/operations/run'
import { resetAll } from '#tests/support/database'
import { OPERATOR } from '#tests/support/operator'

/** Writes so many lines, each in its own transaction, and seals them. */
async function lines(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let at = 0; at < count; at++) {
    ids.push(
      await inTransaction((trx) =>
        recordAudit(trx, {
          actor: { type: 'operator', name: 'Vera' },
          reason: `Because of ${at}.`,
          action: 'setting.changed',
          target: { type: 'setting', id: 'platform_fee_bps' },
          before: { value: '1000' },
          after: { value: `${1000 + at}` },
        })
      )
    )
  }
  await sealAudit()
  return ids
}

/** As somebody would who has the database's password. */
const tamper = (how: (trx: TransactionClientContract) => Promise<unknown>) =>
  db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await how(trx)
  })

/** What the heap really needs, in bytes: without what only waits to be collected. */
function inUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

test.group('The chain over the audit log', (group) => {
  group.each.setup(() => resetAll())

  test('is as long as the log, and is found right', async ({ assert }) => {
    await lines(5)
    await lines(3)
    const verdict = await verifyAudit()
    assert.isTrue(verdict.ok)
    assert.equal(verdict.lines, 8n)
    assert.equal(verdict.head.position, 8n)
  })

  test('of an empty log is right', async ({ assert }) => {
    assert.equal(await sealAudit(), 0)
    const verdict = await verifyAudit()
    assert.isTrue(verdict.ok)
    assert.equal(verdict.head.position, 0n)
  })

  test('has every line once when many seal at the same moment', async ({ assert }) => {
    for (let round = 0; round < 3; round++) {
      await inTransaction(async (trx) => {
        for (let at = 0; at < 40; at++) {
          await recordAudit(trx, {
            actor: { type: 'system' },
            action: 'job.retried',
            target: { type: 'job', id: `${at}` },
          })
        }
      })
      await Promise.all(Array.from({ length: 5 }, () => sealAudit()))
    }
    await sealAudit()
    const verdict = await verifyAudit()
    assert.isTrue(verdict.ok)
    assert.equal(verdict.lines, 120n)
  })

  test('takes in a line whose transaction ended after later ones were sealed', async ({
    assert,
  }) => {
    const trx = await db.transaction()
    await recordAudit(trx, {
      actor: { type: 'system' },
      action: 'job.retried',
      target: { type: 'job', id: 'late' },
    })
    await lines(2)
    await trx.commit()
    assert.equal(await sealAudit(), 1)
    assert.isTrue((await verifyAudit()).ok)
  })

  test('knows that words were erased, and is right without them', async ({ assert }) => {
    const ids = await lines(3)
    await eraseWords(ids[1], OPERATOR)
    const verdict = await verifyAudit()
    assert.isTrue(verdict.ok)
    assert.equal(verdict.erased, 1)
  })

  test('words go only together with a line that says who erased them, and never change', async ({
    assert,
  }) => {
    const [id] = await lines(1)
    const words = () => db.from('audit_words').where('audit_id', id)
    await assert.rejects(() => words().delete(), /together with a line/)
    await assert.rejects(() => words().update({ reason: 'Else.' }), /never changed/)
    await assert.rejects(() => db.rawQuery('TRUNCATE audit_words'), /append-only/)
    const flags = ['--by', 'vera@example.com', '--reason', 'They asked for it.']
    assert.equal((await run('audit:erase-words', id, ...flags)).exitCode, 0)
    assert.isEmpty(await words())
    const line = await db.from('audit_log').where('target_id', id).firstOrFail()
    assert.deepInclude(line, { action: 'audit.words_erased', actor_type: 'operator' })
    assert.equal((await run('audit:erase-words', id, ...flags)).exitCode, 1)
  })

  test('names the lines whose words are gone when nobody says who erased them', async ({
    assert,
  }) => {
    const ids = await lines(4)
    await tamper((trx) => trx.from('audit_words').whereIn('audit_id', [ids[1], ids[3]]).delete())
    const verdict = await verifyAudit()
    assert.isFalse(verdict.ok)
    assert.equal(verdict.lines, 4n)
    assert.equal(verdict.bad!.position, 2n)
    assert.include(verdict.bad!.message, `2 (${ids[1]}), 4 (${ids[3]})`)
  })

  test('the log and its chain cannot be changed in the ordinary way', async ({ assert }) => {
    const [id] = await lines(1)
    for (const table of ['audit_log', 'audit_chain']) {
      await assert.rejects(() => db.from(table).delete(), /append-only/)
      await assert.rejects(() => db.rawQuery(`TRUNCATE ${table} CASCADE`), /append-only/)
    }
    await assert.rejects(
      () => db.from('audit_log').where('id', id).update({ action: 'a.b' }),
      /append-only/
    )
    await assert.rejects(() => db.from('audit_chain').update({ hash: 'x' }), /append-only/)
  })

  type Tampering = (trx: TransactionClientContract, ids: string[]) => Promise<unknown>
  const tamperings: [string, bigint, Tampering][] = [
    [
      'a changed amount',
      3n,
      (t, ids) => t.from('audit_log').where('id', ids[2]).update({ after: '{"value":"9"}' }),
    ],
    [
      'a changed moment',
      3n,
      (t, ids) =>
        t
          .from('audit_log')
          .where('id', ids[2])
          .update({ at: new Date(0) }),
    ],
    [
      'another actor',
      2n,
      (t, ids) => t.from('audit_log').where('id', ids[1]).update({ actor_type: 'system' }),
    ],
    ['a removed line', 4n, (t, ids) => t.from('audit_log').where('id', ids[3]).delete()],
    [
      'a removed line and its link',
      4n,
      async (t, ids) => {
        await t.from('audit_chain').where('audit_id', ids[3]).delete()
        await t.from('audit_log').where('id', ids[3]).delete()
      },
    ],
    [
      'a removed link whose followers were moved up',
      4n,
      async (t, ids) => {
        await t.from('audit_chain').where('audit_id', ids[3]).delete()
        await t.from('audit_log').where('id', ids[3]).delete()
        for (const position of [5, 6]) {
          await t
            .from('audit_chain')
            .where({ position })
            .update({ position: position - 1 })
        }
      },
    ],
    [
      'a line put in between',
      4n,
      async (t, ids) => {
        for (const position of [6, 5, 4]) {
          await t
            .from('audit_chain')
            .where({ position })
            .update({ position: position + 1 })
        }
        const { rows } = await t.rawQuery(
          `INSERT INTO audit_log (actor_type, action, target_type, target_id)
          VALUES ('system', 'job.retried', 'job', 'x') RETURNING id`
        )
        await t
          .table('audit_chain')
          .insert({ position: 4, audit_id: rows[0].id, hash: ids[0].padEnd(64, '0') })
      },
    ],
    [
      'two that were swapped',
      2n,
      async (t, ids) => {
        const link = (position: number) => t.from('audit_chain').where({ position })
        await link(2).update({ audit_id: '00000000-0000-7000-8000-000000000000' })
        await link(3).update({ audit_id: ids[1] })
        await link(2).update({ audit_id: ids[2] })
      },
    ],
    [
      'words that were not said',
      5n,
      (t, ids) => t.from('audit_words').where('audit_id', ids[4]).update({ reason: 'Else.' }),
    ],
    [
      'words where there were none',
      6n,
      async (t, ids) => {
        await t.from('audit_words').where('audit_id', ids[5]).update({ salt: 'other' })
      },
    ],
  ]
  for (const [what, position, how] of tamperings) {
    test(`finds ${what}`, async ({ assert }) => {
      const ids = await lines(6)
      await tamper((trx) => how(trx, ids))
      const verdict = await verifyAudit()
      assert.isFalse(verdict.ok)
      assert.equal(verdict.bad!.position, position)
      assert.equal(verdict.lines, position - 1n)
    })
  }

  test('finds that its end was cut off, if somebody kept the head', async ({ assert }) => {
    const ids = await lines(4)
    const { head } = await verifyAudit()
    const cut = (count: number) =>
      tamper(async (trx) => {
        for (const id of ids.splice(-count)) {
          await trx.from('audit_words').where('audit_id', id).delete()
          await trx.from('audit_chain').where('audit_id', id).delete()
          await trx.from('audit_log').where('id', id).delete()
        }
      })
    await cut(2)
    assert.isTrue((await verifyAudit()).ok)
    const verdict = await verifyAudit({ expected: [head] })
    assert.equal(verdict.bad?.position, 3n)
    assert.match(verdict.bad!.message, /once went on to 4/)
    // What took their place does not make it right.
    await lines(3)
    assert.match((await verifyAudit({ expected: [head] })).bad!.message, /written anew/)
  })

  test('finds a line that is in no place of it, once it is old enough', async ({ assert }) => {
    await lines(2)
    await tamper((trx) =>
      trx.rawQuery(
        `INSERT INTO audit_log (at, actor_type, action, target_type, target_id)
          VALUES (now() - interval '11 minutes', 'system', 'job.retried', 'job', 'x')`
      )
    )
    const verdict = await verifyAudit()
    assert.match(verdict.bad!.message, /1 lines are older than 10 minutes/)
    assert.isTrue((await verifyAudit({ unsealedMinutes: 12 })).ok)
    assert.equal((await verifyAudit({ unsealedMinutes: 12 })).waiting, 1)
  })

  test('is verified against the end that was last found right', async ({ assert }) => {
    const ids = await lines(3)
    assert.isTrue((await runVerification()).ok)
    await tamper(async (trx) => {
      await trx.from('audit_chain').where('audit_id', ids[2]).delete()
      await trx.from('audit_words').where('audit_id', ids[2]).delete()
      await trx.from('audit_log').where('id', ids[2]).delete()
    })
    assert.isFalse((await runVerification()).ok)
    const kept = await db.from('audit_verifications').orderBy('id')
    assert.deepEqual(
      kept.map(({ ok, bad_position: bad }) => [ok, bad]),
      [
        [true, null],
        [false, 3n],
      ]
    )
  })

  test('is verified from the command line, which names the first bad position', async ({
    assert,
  }) => {
    const ids = await lines(4)
    const right = await run('audit:verify', '--json')
    assert.equal(right.exitCode, 0)
    const { head } = await verifyAudit()
    assert.deepInclude(right.json, { ok: true, lines: 4, head: headText(head), bad: null })
    assert.equal((await run('audit:verify', '--head', headText(head))).exitCode, 0)
    assert.equal((await run('audit:verify', '--head', 'x')).exitCode, 2)
    await tamper((trx) => trx.from('audit_log').where('id', ids[1]).update({ target_id: 'x' }))
    const wrong = await run('audit:verify')
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.output, /Position 2: .*changed/)
  })

  test('is verified at the command line against the end that was last found right, too', async ({
    assert,
  }) => {
    const ids = await lines(2)
    const early = headText((await verifyAudit()).head)
    ids.push(...(await lines(2)))
    await runVerification()
    await tamper(async (trx) => {
      await trx.from('audit_chain').where('audit_id', ids[3]).delete()
      await trx.from('audit_words').where('audit_id', ids[3]).delete()
      await trx.from('audit_log').where('id', ids[3]).delete()
    })
    for (const head of [[], ['--head', early]]) {
      const cut = await run('audit:verify', ...head)
      assert.equal(cut.exitCode, 1)
      assert.match(cut.output, /Position 4: .*its end was cut off/)
    }
  })

  test('of 100,000 lines is verified within a minute', async ({ assert }) => {
    await tamper((trx) =>
      trx.rawQuery(
        `INSERT INTO audit_log (actor_type, action, target_type, target_id, before, after)
          SELECT 'system', 'payout.held', 'transaction', gen_random_uuid()::text, '{"state":"waiting"}',
            jsonb_build_object('state', 'held', 'amount', n::text)
            FROM generate_series(1, 100000) n`
      )
    )
    assert.equal(await sealAudit(), 100_000)
    const before = inUse()
    let [peak, looks] = [0, 0]
    const started = performance.now()
    const verdict = await verifyAudit({
      onProgress: () => {
        if (looks++ % 10 === 0) peak = Math.max(peak, inUse())
      },
    })
    assert.isTrue(verdict.ok)
    assert.equal(verdict.lines, 100_000n)
    assert.isBelow(performance.now() - started, 60_000)
    assert.isAbove(looks, 10)
    assert.isBelow(peak - before, 50_000_000)
  }).timeout(180_000)
})
