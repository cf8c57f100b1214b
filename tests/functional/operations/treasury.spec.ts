import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { fundedMilestone, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { WrongUsage } from '#commands/_operator_command'
import { run } from './run.js'

const record = (...argv: string[]) =>
  run('treasury:record', ...argv, '--by=Vera', '--reason=Ticket 812')

test.group('treasury:record', (group) => {
  group.each.setup(() => resetAll())

  test('books a float, a top-up and a withdrawal where they belong', async ({ assert }) => {
    const float = await record(
      'opening-float',
      'stripe',
      '1000.00',
      'USD',
      '--reference',
      'po_float'
    )
    assert.equal(float.exitCode, 0)
    await record('top-up', 'stripe', '500', 'usd', '--reference', 'tu_1')
    await record('withdrawal', 'stripe', '200.50', 'USD', '--reference', 'po_1')
    assert.equal(await held(accounts.clearing('stripe')), '1299.50')
    assert.equal(await held(accounts.bank()), '-299.50')
    assert.equal(await held(accounts.platformCapital()), '1000.00')
    const rows = await db.from('transactions').orderBy('id')
    assert.deepEqual(
      rows.map((row) => [row.transaction_type, row.status, row.provider_transaction_id]),
      [
        ['treasury', 'completed', 'po_float'],
        ['treasury', 'completed', 'tu_1'],
        ['treasury', 'completed', 'po_1'],
      ]
    )
    assert.deepEqual(await breaks(), [])
  })

  test('one reference is booked once, and one that says something else is refused', async ({
    assert,
  }) => {
    const topUpOnce = ['top-up', 'stripe', '500.00', 'USD', '--reference', 'tu_1', '--json']
    const first = await record(...topUpOnce)
    assert.deepInclude(first.json, { booked_before: false, amount: '500.00', kind: 'top-up' })
    const again = await record(...topUpOnce)
    assert.equal(again.exitCode, 0)
    assert.deepEqual(again.json, { ...first.json, booked_before: true })
    for (const other of [
      ['top-up', 'stripe', '500.01', 'USD'],
      ['top-up', 'stripe', '500.00', 'EUR'],
      ['withdrawal', 'stripe', '500.00', 'USD'],
      ['opening-float', 'stripe', '500.00', 'USD'],
    ]) {
      const refused = await record(...other, '--reference', 'tu_1')
      assert.equal(refused.exitCode, 1, other.join(' '))
      assert.match(refused.output, /tu_1 is booked on stripe already/)
    }
    assert.equal(await held(accounts.clearing('stripe')), '500.00')
    assert.deepEqual(await entryKinds(), ['top_up'])
    assert.deepEqual(await breaks(), [])
  })

  test('the same booking ten times at once is one', async ({ assert }) => {
    const { inTransaction } = await import('#database/transaction')
    const { recordTreasury } = await import('#escrow/record_treasury')
    const { Money } = await import('#ledger/money')
    const amount = Money.parse('500.00', 'USD')
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        inTransaction((trx) =>
          recordTreasury(
            trx,
            { kind: 'top_up', rail: 'stripe', amount, reference: 'tu_1' },
            OPERATOR
          )
        )
      )
    )
    assert.lengthOf(
      answers.filter(({ isNew }) => isNew),
      1
    )
    assert.equal(await held(accounts.clearing('stripe')), '500.00')
    const lines = await db.from('audit_log').where('action', 'treasury.recorded')
    assert.lengthOf(lines, 1)
    assert.deepInclude(lines[0], { actor_type: 'operator', target_id: answers[0].transaction.id })
    assert.deepInclude(lines[0].after, { kind: 'top_up', rail: 'stripe', amount: '500.00' })
  })

  test('wrong usage books nothing, says what is right and exits with 2', async ({ assert }) => {
    for (const [argv, says] of [
      [['gift', 'stripe', '1.00', 'USD', '--reference', 'x'], /top-up, withdrawal, opening-float/],
      [['top-up', 'venmo', '1.00', 'USD', '--reference', 'x'], /stripe, paypal/],
      [['top-up', 'stripe', '1,00', 'USD', '--reference', 'x'], /write it like 1250.00/],
      [['top-up', 'stripe', '0', 'USD', '--reference', 'x'], /above zero/],
      [['top-up', 'stripe', '1.001', 'USD', '--reference', 'x'], /at most 2 decimals/],
      [['top-up', 'stripe', '1.00', 'XXX', '--reference', 'x'], /no currency/],
      [['top-up', 'stripe', '1.00', 'USD', '--reference', ' '], /--reference/],
    ] as [string[], RegExp][]) {
      const wrong = await record(...argv)
      assert.equal(wrong.exitCode, 2, argv.join(' '))
      assert.match(wrong.output, says)
    }
    for (const argv of [[], ['--reference', 'x', '--gift']]) {
      const wrong = await record('top-up', 'stripe', '1.00', 'USD', ...argv).catch((error) => error)
      assert.instanceOf(wrong, WrongUsage)
      // What ace does with an error of the command that it was started for.
      const kernel = { exitCode: 1, ui: { logger: { error() {} } } }
      wrong.render(wrong, kernel)
      assert.equal(kernel.exitCode, 2)
    }
    assert.lengthOf(await db.from('transactions'), 0)
  })

  test('asking for help is no wrong usage', async ({ assert }) => {
    const TreasuryRecord = await import('#commands/treasury_record')
    const parsed = { args: [], _: [], flags: { help: true }, unknownFlags: [], nodeArgs: [] }
    assert.doesNotThrow(() => TreasuryRecord.default.validate(parsed as never))
    assert.throws(() => TreasuryRecord.default.validate({ ...parsed, flags: {} } as never))
  })

  test('a top-up wakes a refund that waited for the balance', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    sandbox.withdraw(sandbox.available())
    const body = { milestone_id: milestone.id, reason: 'Not needed.' }
    const refund = expectData(await pay(client, 'payments/refund', body), 201)
    await drain()
    const waiting = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.match(waiting.transaction.wait_reason, /balance/)

    const reference = sandbox.topUp(200_000)
    await drain()
    assert.lengthOf(sandbox.refunds, 0, 'nothing was told to us yet')
    await record('top-up', 'stripe', '2000.00', 'USD', '--reference', reference)
    await drain()
    const done = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(done.transaction.status, 'completed')
    assert.deepEqual(await breaks(), [])
  })
})
