import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { InsufficientFunds, postEntries, ReferenceReused } from '#ledger/post_entries'
import { inTransaction } from '#database/transaction'
import { truncateAll } from '#tests/support/database'
import { balance, deposited, entry, post, released } from './books.js'

const CALLERS = 50

const outcomes = async (promises: Promise<unknown>[]) => {
  const settled = await Promise.allSettled(promises)
  return {
    done: settled.filter((one) => one.status === 'fulfilled').map((one) => one.value),
    failed: settled.filter((one) => one.status === 'rejected').map((one) => one.reason),
  }
}

test.group('Posting at the same time', (group) => {
  group.each.setup(() => truncateAll())

  test('50 postings on the same accounts, named in any order, neither deadlock nor get lost', async ({
    assert,
  }) => {
    const [one, other] = [randomUUID(), randomUUID()]
    await post(deposited(one, 10_000), deposited(other, 10_000))
    const sequence = async () => {
      const { rows } = await db.rawQuery(
        'SELECT sum(seq)::int AS postings FROM ledger_accounts WHERE name = ANY (?)',
        [[accounts.escrow(one), accounts.escrow(other)]]
      )
      return rows[0].postings
    }
    const deadlocks = async () => {
      const { rows } = await db.rawQuery(
        'SELECT pg_stat_get_db_deadlocks(oid)::int AS count FROM pg_database WHERE datname = current_database()'
      )
      return rows[0].count
    }
    const before = await deadlocks()
    await Promise.all(
      Array.from({ length: CALLERS }, (_, index) => {
        const entries = [
          released(one, 'f', { net: 9, fee: 1 }),
          released(other, 'g', { net: 18, fee: 2 }),
        ]
        return post(...(index % 2 ? entries : entries.toReversed()))
      })
    )
    assert.equal(await balance(accounts.escrow(one)), 9_500n)
    assert.equal(await balance(accounts.escrow(other)), 9_000n)
    assert.equal(await balance(accounts.payable('f')), 450n)
    assert.equal(await balance(accounts.platformFee()), 150n)
    assert.equal(await sequence(), 2 + 2 * CALLERS)
    assert.equal(await deadlocks(), before)
  })

  test('50 that need the same new account make it once', async ({ assert }) => {
    const milestone = randomUUID()
    await Promise.all(Array.from({ length: CALLERS }, () => post(deposited(milestone, 3))))
    assert.equal(await balance(accounts.escrow(milestone)), 150n)
  })

  test('50 with the same reference post once, even when all accounts are striped', async ({
    assert,
  }) => {
    const fee = entry(
      'provider_fee',
      [[accounts.providerFee(), 7]],
      [[accounts.clearing('stripe'), 7]]
    )
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => post(fee)))
    assert.lengthOf(
      answers.filter(([row]) => row.inserted),
      1
    )
    assert.lengthOf(new Set(answers.map(([row]) => row.id)), 1)
    assert.equal(await balance(accounts.providerFee()), 7n)
  })

  test('of 50 with the same reference and other content one wins, and the others are told', async ({
    assert,
  }) => {
    const reference = randomUUID()
    const { done, failed } = await outcomes(
      Array.from({ length: CALLERS }, (_, index) =>
        post(deposited(randomUUID(), index + 1, { reference }))
      )
    )
    assert.lengthOf(done, 1)
    assert.isTrue(failed.every((error) => error instanceof ReferenceReused))
  })

  test('money that suffices for 7 of 50 is spent 7 times', async ({ assert }) => {
    const milestone = randomUUID()
    await post(deposited(milestone, 75))
    const { done, failed } = await outcomes(
      Array.from({ length: CALLERS }, () => post(released(milestone, 'f', { net: 9, fee: 1 })))
    )
    assert.lengthOf(done, 7)
    assert.isTrue(failed.every((error) => error instanceof InsufficientFunds))
    assert.equal(await balance(accounts.escrow(milestone)), 5n)
  })

  test('only clearing, revenue and expense accounts are striped, and reads sum the stripes', async ({
    assert,
  }) => {
    const milestone = randomUUID()
    await Promise.all(Array.from({ length: CALLERS }, () => post(deposited(milestone, 10))))
    const { rows } = await db.rawQuery(
      'SELECT kind, count(*)::int AS rows FROM ledger_accounts GROUP BY kind ORDER BY kind'
    )
    const rowsOf = Object.fromEntries(
      rows.map((row: { kind: string; rows: number }) => [row.kind, row.rows])
    )
    assert.isAbove(rowsOf.clearing, 1)
    assert.equal(rowsOf.escrow, 1)
    assert.equal(await balance(accounts.clearing('stripe')), 500n)
    const striped = await db.from('ledger_account_kinds').where('stripes', '>', 1).select('prefix')
    assert.sameMembers(
      striped.map(({ prefix }) => prefix),
      ['clearing', 'platform_fee', 'provider_fee', 'dispute_fee', 'chargeback_loss']
    )
  })
})

test.group('A transaction that PostgreSQL rolls back', (group) => {
  group.each.setup(() => truncateAll())

  test('because of a deadlock is done again as a whole, and takes effect once', async ({
    assert,
  }) => {
    const milestone = randomUUID()
    let attempts = 0
    // The first attempts of both hold one lock and then want the other's.
    const crossed = (first: number, second: number) => {
      let isFirstAttempt = true
      return inTransaction(async (trx) => {
        attempts++
        await trx.rawQuery('SELECT pg_advisory_xact_lock(?)', [first])
        if (isFirstAttempt) {
          isFirstAttempt = false
          await sleep(100)
        }
        await trx.rawQuery('SELECT pg_advisory_xact_lock(?)', [second])
        await postEntries(trx, [deposited(milestone, 10)])
      })
    }
    await Promise.all([crossed(101, 102), crossed(102, 101)])
    assert.equal(attempts, 3)
    assert.equal(await balance(accounts.escrow(milestone)), 20n)
  })

  test('because it could not be serialized is done again', async ({ assert }) => {
    let attempts = 0
    await inTransaction(async (trx) => {
      if (++attempts < 3) await trx.rawQuery("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
    })
    assert.equal(attempts, 3)
  })

  test('again and again is given up with the error', async ({ assert }) => {
    let attempts = 0
    const error = await inTransaction(async (trx) => {
      attempts++
      await trx.rawQuery("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
    }).catch((caught) => caught)
    assert.equal(error.code, '40001')
    assert.equal(attempts, 8)
  })

  test('is not done again when the connection is lost at commit: it may have taken effect', async ({
    assert,
  }) => {
    let attempts = 0
    const error = await inTransaction(async (trx) => {
      attempts++
      const { rows } = await trx.rawQuery('SELECT pg_backend_pid() AS pid')
      await db.rawQuery('SELECT pg_terminate_backend(?, 5000)', [rows[0].pid])
    }).catch((caught) => caught)
    assert.instanceOf(error, Error)
    assert.equal(attempts, 1)
  })

  test('at commit, by a deferred constraint, is not reported as done', async ({ assert }) => {
    await db.rawQuery(
      'CREATE TABLE deferred_rule (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)'
    )
    try {
      const error = await inTransaction((trx) =>
        trx.rawQuery('INSERT INTO deferred_rule VALUES (1), (1)')
      ).catch((caught) => caught)
      assert.equal(error.code, '23505')
    } finally {
      await db.rawQuery('DROP TABLE deferred_rule')
    }
  })

  test('because the operation swallowed a refusal is not reported as done', async ({ assert }) => {
    const milestone = randomUUID()
    const error = await inTransaction(async (trx) => {
      await postEntries(trx, [deposited(milestone, 10)])
      await postEntries(trx, [deposited(milestone, -1)]).catch(() => {})
    }).catch((caught) => caught)
    assert.equal(error.code, '25P02')
    assert.equal(await balance(accounts.escrow(milestone)), 0n)
  })

  test('to a savepoint only, goes on', async ({ assert }) => {
    const milestone = randomUUID()
    await inTransaction(async (trx) => {
      await postEntries(trx, [deposited(milestone, 10)])
      const savepoint = await trx.transaction()
      await postEntries(savepoint, [deposited(milestone, -1)]).catch(() => savepoint.rollback())
    })
    assert.equal(await balance(accounts.escrow(milestone)), 10n)
  })

  test('is not done again for an error of ours', async ({ assert }) => {
    let attempts = 0
    const error = await inTransaction(async () => {
      attempts++
      throw new RangeError('no')
    }).catch((caught) => caught)
    assert.instanceOf(error, RangeError)
    assert.equal(attempts, 1)
  })
})
