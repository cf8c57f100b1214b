import { test } from '@japa/runner'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { jobs } from '#jobs/index'
import reconcileProviders from '#jobs/reconcile_providers'
import { enqueue } from '#jobs/queue'
import { Money } from '#ledger/money'
import { ProviderFailure } from '#payments/provider'
import { AlreadyRunning } from '#payments/reconcile/reconcile_provider'
import { stripe } from '#payments/stripe/index'
import { offeredRails } from '#payments/registry'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { OPERATOR } from '#tests/support/operator'
import { sandbox } from '#tests/support/sandbox'
import { type aDay, bookFloat, kinds, later, reconcile } from './helpers.js'

const usd = (minor: number) => Money.of(BigInt(minor), 'USD')

const booked = (minor: number, reference: string) =>
  inTransaction((trx) =>
    recordTreasury(trx, { kind: 'top_up', rail: 'stripe', amount: usd(minor), reference }, OPERATOR)
  )

const openIds = async () => {
  const rows = await db.from('reconciliation_breaks').whereNull('resolved_at').select('id')
  return rows.map(({ id }) => id)
}

test.group('Runs of a reconciliation', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })

  test('a break that is found again is the same break', async ({ assert }) => {
    sandbox.topUp(50_000)
    const first = await reconcile()
    const second = await reconcile()
    assert.deepEqual(
      second.breaks.map(({ id }) => id),
      first.breaks.map(({ id }) => id)
    )
    assert.equal(first.run.new_breaks, 1n)
    assert.equal(second.run.new_breaks, 0n)
    assert.equal(second.run.breaks, 1n)
    assert.lengthOf(await db.from('reconciliation_breaks'), 1)
  })

  test('what is no longer there is resolved, by the run that no longer finds it', async ({
    assert,
  }) => {
    const topUp = sandbox.topUp(50_000)
    await reconcile()
    await booked(50_000, topUp)
    const { run, breaks } = await reconcile()
    assert.lengthOf(breaks, 0)
    assert.equal(run.resolved_breaks, 1n)
    const [row] = await db.from('reconciliation_breaks')
    assert.equal(row.resolved_by, run.id)
    assert.isNotNull(row.resolved_at)
  })

  test('a difference that changes is another break, which nobody has acknowledged', async ({
    assert,
  }) => {
    const topUp = sandbox.topUp(50_000)
    const first = await reconcile()
    await booked(20_000, topUp)
    const second = await reconcile()
    assert.deepEqual(kinds(second.breaks), ['amount'])
    assert.notEqual(second.breaks[0].id, first.breaks[0].id)
    assert.deepEqual(await openIds(), [second.breaks[0].id])
  })

  test('what lies outside of its period is none of a run’s business', async ({ assert }) => {
    sandbox.topUp(50_000)
    await reconcile()
    // Last week was quiet; the break of today stays open.
    const from = DateTime.utc().minus({ days: 9 }).toJSDate()
    const to = DateTime.utc().minus({ days: 3 }).toJSDate()
    const { run, breaks } = await reconcile({ period: { from, to } })
    assert.lengthOf(breaks, 0)
    assert.equal(run.resolved_breaks, 0n)
    assert.lengthOf(await openIds(), 1)
    // A period that ended long ago says nothing about the balance of now.
    assert.isTrue(run.totals.every((each) => each.provider_balance === null))
    // Nor does a window of later resolve it, although the balance is still explained by it.
    const after = new Date(Date.now() + 1_800_000)
    const next = await reconcile({ period: { from: after, to: later() } })
    assert.lengthOf(next.breaks, 0)
    assert.equal(next.run.totals[0].balance_breaks, 50_000n)
    assert.equal(next.run.totals[0].balance_remainder, 0n)
    assert.lengthOf(await openIds(), 1)
  })

  test('what a run said is never changed', async ({ assert }) => {
    sandbox.topUp(50_000)
    const { run, breaks } = await reconcile()
    for (const statement of [
      `UPDATE reconciliation_runs SET breaks = 0 WHERE id = '${run.id}'`,
      `DELETE FROM reconciliation_runs WHERE id = '${run.id}'`,
      `UPDATE reconciliation_totals SET balance_remainder = 1`,
      `DELETE FROM reconciliation_findings`,
      `INSERT INTO reconciliation_totals (run_id, currency, provider_moved, ledger_moved, moved_breaks,
          moved_in_flight, moved_timing, moved_remainder) VALUES ('${run.id}', 'EUR', 0, 0, 0, 0, 0, 0)`,
      `UPDATE reconciliation_breaks SET amount = 0 WHERE id = '${breaks[0].id}'`,
      `DELETE FROM reconciliation_breaks`,
    ]) {
      await assert.rejects(() => db.rawQuery(statement), /not changed afterwards|is over/)
    }
  })

  test('two at once are one: the second is told so', async ({ assert }) => {
    let proceed!: () => void
    const held = new Promise<void>((resolve) => (proceed = resolve))
    let arrived!: () => void
    const reading = new Promise<void>((resolve) => (arrived = resolve))
    const slow = {
      async *listBalanceTransactions(period: ReturnType<typeof aDay>) {
        arrived()
        await held
        yield* stripe.listBalanceTransactions(period)
      },
    }
    const first = reconcile({ provider: slow })
    await reading
    await assert.rejects(() => reconcile(), AlreadyRunning as never)
    proceed()
    assert.equal((await first).run.status, 'finished')
    assert.equal((await reconcile()).run.status, 'finished')
  })

  test('a run whose provider gives up has failed, and finds and resolves nothing', async ({
    assert,
  }) => {
    sandbox.topUp(50_000)
    await reconcile()
    const broken = {
      async *listBalanceTransactions() {
        throw new ProviderFailure('retry', 'timeout', 'No answer.')
      },
    }
    await assert.rejects(() => reconcile({ provider: broken as never }), 'No answer.')
    const [failed] = await db.from('reconciliation_runs').orderBy('id', 'desc')
    assert.equal(failed.status, 'failed')
    assert.equal(failed.error, 'No answer.')
    assert.lengthOf(await openIds(), 1)
  })

  test('a run whose process died does not hold up the next', async ({ assert }) => {
    await db.table('reconciliation_runs').insert({
      rail: 'stripe',
      period_from: new Date(),
      period_to: new Date(),
      as_of: new Date(),
    })
    assert.equal((await reconcile()).run.status, 'finished')
    const [dead] = await db.from('reconciliation_runs').orderBy('id')
    assert.equal(dead.status, 'failed')
  })

  test('the connection it used is as new for the next who gets it', async ({ assert }) => {
    await reconcile()
    const { rows } = await db.rawQuery(
      `SELECT count(*) AS count FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'`
    )
    assert.equal(rows[0].count, 0n)
    // Held by a session of the pool, it would keep every later run out.
    for (let run = 0; run < 3; run++) {
      assert.equal((await reconcile()).run.status, 'finished')
    }
  })

  test('runs every day for each rail that is offered, by a job of its own', async ({ assert }) => {
    assert.includeMembers(
      jobs.filter(({ schedule }) => schedule).map(({ name }) => name),
      ['reconcile_providers']
    )
    // A rail that gives no answer is tried again later; the others are done.
    sandbox.failNext('GET /v1/balance', { at: 'before', with: 500 })
    await enqueue(db, reconcileProviders, {})
    const { errors } = await drain({ mayFail: true })
    assert.lengthOf(errors, 1)
    const runs = await db.from('reconciliation_runs').orderBy('rail')
    assert.sameMembers(
      runs.map(({ rail }) => rail),
      offeredRails()
    )
    for (const { rail, status } of runs) {
      assert.equal(status, rail === 'stripe' ? 'failed' : 'finished', rail)
    }
  })
})
