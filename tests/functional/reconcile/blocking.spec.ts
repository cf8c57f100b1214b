import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { EXIT, WrongUsage } from '#commands/_operator_command'
import { changeSetting } from '#escrow/settings'
import type User from '#models/user'
import { run as runCommand } from '#tests/functional/operations/run'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { bookFloat, reconcile } from './helpers.js'

const onlyPayout = async (freelancer: User) =>
  expectData(await api(freelancer).get('payments/payouts'))[0]

const approved = async () => {
  const found = await submittedMilestone()
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  await settle()
  return found
}

/** Also for a command line that is refused before the command runs, as the kernel of `node ace` has it. */
async function run(command: string, ...args: string[]) {
  try {
    const { exitCode, output } = await runCommand(command, ...args)
    return { exitCode, printed: output }
  } catch (error) {
    if (error instanceof WrongUsage) return { exitCode: EXIT.usage, printed: error.message }
    throw error
  }
}

test.group('A break above the threshold', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })

  test('keeps payouts of its rail waiting until somebody acknowledges it', async ({ assert }) => {
    sandbox.topUp(10_001)
    const { breaks: found } = await reconcile()
    const { freelancer } = await approved()
    const waiting = await onlyPayout(freelancer)
    assert.equal(waiting.state, 'waiting')
    assert.match(waiting.wait_reason, /difference with the payment provider/)
    assert.lengthOf(sandbox.transfers, 0)

    const listed = await run('breaks:list', '--json')
    const { open, blocking, breaks: rows } = JSON.parse(listed.printed)
    assert.equal(open, 1)
    assert.deepEqual(blocking, { stripe: 1, paypal: 0 })
    assert.deepInclude(rows[0], { id: found[0].id, kind: 'missing_in_ledger', amount: '100.01' })

    const done = await run(
      'breaks:acknowledge',
      found[0].id,
      '--by=Vera',
      '--reason=Our bank moved it by mistake'
    )
    assert.equal(done.exitCode, 0)
    await settle()
    assert.equal((await onlyPayout(freelancer)).state, 'paid')
    // It is still open, and says who let it pass.
    const again = await reconcile()
    const [same] = again.breaks.filter(({ id }) => id === found[0].id)
    assert.deepEqual(
      same.acknowledgements.map(({ by, reason }) => [by, reason]),
      [['Vera', 'Our bank moved it by mistake']]
    )
    assert.match((await run('breaks:list')).printed, /1 open/)
    assert.deepEqual(await breaks(), [])
  })

  test('is not one of exactly that amount, nor one of another rail', async ({ assert }) => {
    sandbox.topUp(10_000)
    await reconcile()
    const { freelancer } = await approved()
    assert.equal((await onlyPayout(freelancer)).state, 'paid')
  })

  test('stops payouts again when it turns into another', async ({ assert }) => {
    sandbox.topUp(20_000)
    const { breaks: found } = await reconcile()
    await run('breaks:acknowledge', found[0].id, '--by=Vera', '--reason=Known')
    sandbox.topUp(30_000)
    await reconcile()
    const { freelancer } = await approved()
    assert.equal((await onlyPayout(freelancer)).state, 'waiting')
  })

  test('is whatever the setting says, and every one in a currency that it does not name', async ({
    assert,
  }) => {
    sandbox.topUp(50_000)
    await reconcile()
    await inTransaction((trx) =>
      changeSetting(trx, 'break_block_threshold', { USD: '500.00' }, 'test')
    )
    const blockingNow = async () =>
      JSON.parse((await run('breaks:list', '--json')).printed).blocking
    assert.equal((await blockingNow()).stripe, 0)
    await inTransaction((trx) =>
      changeSetting(trx, 'break_block_threshold', { EUR: '500.00' }, 'test')
    )
    assert.equal((await blockingNow()).stripe, 1)
  })

  test('is history, once acknowledged: nobody changes who said what', async ({ assert }) => {
    sandbox.topUp(50_000)
    const { breaks: found } = await reconcile()
    await run('breaks:acknowledge', found[0].id, '--by=Vera', '--reason=Known')
    await run('breaks:acknowledge', found[0].id, '--by=Tom', '--reason=Looked at it, too')
    const rows = await db.from('reconciliation_acknowledgements').orderBy('id')
    assert.deepEqual(
      rows.map((row) => row.acknowledged_by),
      ['Vera', 'Tom']
    )
    for (const statement of [
      `UPDATE reconciliation_acknowledgements SET reason = 'x'`,
      `DELETE FROM reconciliation_acknowledgements`,
    ]) {
      await assert.rejects(() => db.rawQuery(statement), /not changed afterwards/)
    }
  })

  test('is acknowledged by somebody, for a reason, while it is open', async ({ assert }) => {
    sandbox.topUp(50_000)
    const { breaks: found } = await reconcile()
    const { id } = found[0]
    assert.equal((await run('breaks:acknowledge', id, '--by=Vera', '--reason= ')).exitCode, 2)
    assert.equal((await run('breaks:acknowledge', id, '--by=Vera')).exitCode, 2)
    assert.equal((await run('breaks:acknowledge')).exitCode, 2)
    assert.equal((await run('breaks:acknowledge', 'nonsense', '--by=V', '--reason=R')).exitCode, 1)
    const unknown = '01890000-0000-7000-8000-000000000000'
    assert.equal((await run('breaks:acknowledge', unknown, '--by=V', '--reason=R')).exitCode, 1)
    assert.lengthOf(await db.from('reconciliation_acknowledgements'), 0)
  })
})

test.group('reconcile:provider', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
    // Nothing may follow later here: what was just done is looked at.
    await inTransaction((trx) => changeSetting(trx, 'reconcile_grace_minutes', 0, 'test'))
  })

  test('prints one document and exits with 0 when nothing differs', async ({ assert }) => {
    const { exitCode, printed } = await run('reconcile:provider', 'stripe', '--json')
    assert.equal(exitCode, 0)
    const { ok, breaks_found: count, totals, run: said } = JSON.parse(printed)
    assert.isTrue(ok)
    assert.equal(count, 0)
    assert.equal(said.rail, 'stripe')
    assert.equal(totals[0].provider_balance, '100000.00')
    assert.equal(totals[0].balance_remainder, '0.00')
    assert.match((await run('reconcile:provider', 'stripe')).printed, /Nothing differs/)
  })

  test('exits with 1 when something does, and says what', async ({ assert }) => {
    const topUp = sandbox.topUp(50_000)
    const { exitCode, printed } = await run('reconcile:provider', 'stripe', '--from=1d', '--json')
    assert.equal(exitCode, 1)
    const { ok, kinds, breaks: found } = JSON.parse(printed)
    assert.isFalse(ok)
    assert.deepEqual(kinds, { missing_in_ledger: 1 })
    assert.deepInclude(found[0], { subject: `top_up:${topUp}`, difference: '500.00' })
    const table = await run('reconcile:provider', 'stripe')
    assert.equal(table.exitCode, 1)
    assert.include(table.printed, found[0].id)
    assert.include(table.printed, found[0].message)
  })

  test('exits with 2 for a command line that makes no sense: {$self}')
    .with([
      [],
      ['visa'],
      ['stripe', '--from=yesterday'],
      ['stripe', '--from=2026-02-01', '--to=2026-01-01'],
      ['stripe', '--to=2999-01-01'],
      ['stripe', '--until=2026-01-01'],
    ])
    .run(async ({ assert }, args) => {
      assert.equal((await run('reconcile:provider', ...args)).exitCode, 2)
      assert.lengthOf(await db.from('reconciliation_runs'), 0)
    })

  test('exits with 3 when Stripe gives no answer, and the run has failed', async ({ assert }) => {
    sandbox.failNext('GET /v1/balance_transactions', { at: 'before', with: 500, times: 3 })
    const { exitCode, printed } = await run('reconcile:provider', 'stripe', '--json')
    assert.equal(exitCode, 3)
    assert.isFalse(JSON.parse(printed).ok)
    const [{ status }] = await db.from('reconciliation_runs')
    assert.equal(status, 'failed')
  })

  test('takes the whole of the days that it is given', async ({ assert }) => {
    const today = new Date().toISOString().slice(0, 10)
    const { exitCode, printed } = await run(
      'reconcile:provider',
      'stripe',
      `--from=${today}`,
      `--to=${today}`,
      '--json'
    )
    assert.equal(exitCode, 0)
    assert.equal(JSON.parse(printed).run.from, `${today}T00:00:00.000Z`)
    assert.equal(JSON.parse(printed).provider_rows, 1)
  })
})
