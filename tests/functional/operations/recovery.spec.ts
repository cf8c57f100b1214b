import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import { settlePending } from '#escrow/settle_pending'
import autoApproveDue from '#jobs/auto_approve_due'
import { backfillEvents } from '#payments/backfill_events'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import {
  activeProject,
  aPayoutAccount,
  aDeposit,
  fundedMilestone,
  pay,
  payIn,
  submittedMilestone,
} from '#tests/support/projects'
import { clearingDifference, RAILS_UNDER_TEST } from '#tests/support/rails'
import { copyDatabase, dropDatabase, restoreFrom } from '#tests/support/restored'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { BY, run } from './run.js'

const BACKUP = 'safesend_backup'
const DAY = 86_400_000

const approve = async ({ client, milestone }: Awaited<ReturnType<typeof submittedMilestone>>) =>
  expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)

/** The stand-ins list at once what they do. */
const end = (...words: string[]) => run('recovery:end', '--despite-lag', ...words)

const payout = () => db.from('transactions').where('transaction_type', 'payout').firstOrFail()

test.group('Recovery from a backup', (group) => {
  group.tap((each) => each.timeout(60_000))
  group.each.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
    return () => dropDatabase(BACKUP)
  })

  for (const rail of RAILS_UNDER_TEST) {
    test(`a payout by ${rail.provider} that was sent after the backup is not sent again, however old its key`, async ({
      assert,
    }) => {
      await approve(await submittedMilestone({ provider: rail.provider }))
      // As long ago as it takes the provider to forget a key.
      await db.from('transactions').update({ created_at: db.raw(`now() - interval '40 days'`) })
      await copyDatabase(BACKUP)
      await settle()
      assert.equal(rail.effects('payout'), 1)

      await restoreFrom(BACKUP)
      rail.standIn.advance(31 * DAY)
      const begun = await run('recovery:begin', ...BY)
      assert.equal(begun.exitCode, 0, begun.output)
      const status = await run('recovery:status', '--json')
      assert.equal(status.exitCode, 1)
      assert.deepInclude(status.json.lost[0], {
        kind: 'payout',
        transaction_id: (await payout()).id,
        known: true,
      })
      assert.equal((await end(...BY)).exitCode, 1)

      await settlePending({ olderThanSeconds: 0 })
      await settle()
      assert.equal((await payout()).status, 'completed')
      const ended = await end(...BY)
      assert.equal(ended.exitCode, 0, ended.output)
      assert.equal(rail.effects('payout'), 1)
      assert.deepEqual(await breaks(), [])
      assert.equal(await clearingDifference(rail.rail), '0.00')
    })
  }

  test('a payout that went by another rail than it would go by now is booked as that, and not sent', async ({
    assert,
  }) => {
    // So that there is money to pay from on the other rail.
    await fundedMilestone({ provider: 'paypal' })
    const found = await submittedMilestone()
    await aPayoutAccount(found.freelancer, 'paypal')
    await approve(found)
    await copyDatabase(BACKUP)
    const account = await db
      .from('payout_accounts')
      .where({ payment_provider: 'paypal', user_id: found.freelancer.id })
      .firstOrFail()
    expectData(
      await api(found.freelancer).put(`payments/payout-accounts/${account.id}`, {
        is_default: true,
      })
    )
    await settle()
    assert.lengthOf(paypalSandbox.payoutBatches, 1)

    await restoreFrom(BACKUP)
    paypalSandbox.advance(DAY)
    await run('recovery:begin', ...BY)
    assert.equal((await end(...BY)).exitCode, 1)
    await settlePending({ olderThanSeconds: 0 })
    const ended = await end(...BY)
    assert.equal(ended.exitCode, 0, ended.output)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    const { status, rail } = await payout()
    assert.deepEqual({ status, rail }, { status: 'completed', rail: 'paypal' })
    assert.lengthOf(sandbox.transfers, 0)
    assert.lengthOf(paypalSandbox.payoutBatches, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a payout that was under way at the backup is not sent again while it is open', async ({
    assert,
  }) => {
    paypalSandbox.planPayout('UNCLAIMED')
    await approve(await submittedMilestone({ provider: 'paypal' }))
    await settle()
    await copyDatabase(BACKUP)
    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal(
      paypalSandbox.requestLog.filter(
        ({ method, path }) => method === 'POST' && path.includes('payouts')
      ).length,
      1
    )
    const ended = await end(...BY)
    assert.equal(ended.exitCode, 0, ended.output)
  })

  test('does not end before the providers list all that was done until it began', async ({
    assert,
  }) => {
    await run('recovery:begin', ...BY)
    const early = await run('recovery:end', ...BY)
    assert.equal(early.exitCode, 1)
    assert.match(early.output, /may not be in their lists before 20/)
    await db.from('recoveries').update({
      backup_until: db.raw(`now() - interval '4 hours'`),
      begun_at: db.raw(`now() - interval '4 hours'`),
    })
    assert.equal((await run('recovery:end', ...BY)).exitCode, 0)
  })

  test('begins anew on a backup that was made while one was open, and goes back as far as that one', async ({
    assert,
  }) => {
    await run('recovery:begin', '--until', '2026-01-02T03:04:05Z', ...BY)
    await db.from('recoveries').update({ begun_at: db.raw(`now() - interval '4 hours'`) })
    const refused = await run('recovery:begin', ...BY)
    assert.equal(refused.exitCode, 1)
    assert.match(refused.output, /begin anew with --again/)

    const begun = await run('recovery:begin', '--again', '--until', '2026-02-03T04:05:06Z', ...BY)
    assert.equal(begun.exitCode, 0, begun.output)
    assert.match(begun.output, /since 2026-01-02T03:04:05.000Z/)
    assert.lengthOf(await db.from('recoveries').whereNull('ended_at'), 1)
    // Its three hours are those of the newer one.
    const early = await run('recovery:end', ...BY)
    assert.equal(early.exitCode, 1)
    assert.match(early.output, /--despite-lag/)
    assert.equal((await end(...BY)).exitCode, 0)
  })

  test('a release that was approved after the backup, and again after the restore, is paid once', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const other = await submittedMilestone({ amount: '500.00' })
    await copyDatabase(BACKUP)
    await approve(found)
    await settle()
    const [{ id: payment }] = sandbox.transfers

    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await approve(found)
    await approve(other)
    await settle()
    assert.lengthOf(sandbox.transfers, 1)
    const payouts = await db.from('transactions').where('transaction_type', 'payout')
    const [ours, theirs] = [found, other].map(({ milestone }) =>
      payouts.find((each) => each.milestone_id === milestone.id)!
    )

    const early = await end(...BY)
    assert.equal(early.exitCode, 1)
    assert.match(early.output, /1 movements of the providers are not in the books/)
    const wrong = await run('payouts:adopt', theirs.id, payment, ...BY)
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.output, /no payout account of this freelancer|shows/)
    const right = await run('payouts:adopt', ours.id, payment, ...BY)
    assert.equal(right.exitCode, 0, right.output)
    const again = await run('payouts:adopt', ours.id, payment, ...BY)
    assert.equal(again.exitCode, 0)
    assert.match(again.output, /was adopted before/)

    const ended = await end(...BY)
    assert.equal(ended.exitCode, 0, ended.output)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.deepEqual(sandbox.transfers.map(({ amount }) => amount).toSorted(), [45_000, 90_000])
    assert.deepEqual(await breaks(), [])
    assert.equal(await clearingDifference('stripe'), '0.00')
    const audited = await db.from('audit_log').orderBy('at').select('action')
    assert.includeMembers(
      audited.map(({ action }) => action),
      ['recovery.begun', 'payout.adopted', 'recovery.ended']
    )
  })

  /** A release at PayPal that nobody had claimed when the database was lost, approved again after the restore. */
  async function unclaimedAndLost() {
    const found = await submittedMilestone({ provider: 'paypal' })
    await copyDatabase(BACKUP)
    paypalSandbox.planPayout('UNCLAIMED')
    await approve(found)
    await settle()
    const { provider_transaction_id: batch } = await payout()
    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await approve(found)
    await settle()
    return { batch, id: (await payout()).id as string }
  }

  test('a payment that is under way is adopted as one: in transit, once, and paid when it arrives', async ({
    assert,
  }) => {
    const { batch, id } = await unclaimedAndLost()
    const adopted = await run('payouts:adopt', id, batch, ...BY)
    assert.equal(adopted.exitCode, 0, adopted.output)
    const state = async () => (await db.from('payouts').where('transaction_id', id).first()).state
    assert.equal(await state(), 'in_transit')
    assert.equal((await run('payouts:adopt', id, batch, ...BY)).exitCode, 0)
    assert.deepEqual(await breaks(), [])

    const ended = await end(...BY)
    assert.equal(ended.exitCode, 0, ended.output)
    paypalSandbox.setPayoutItem(batch, 'SUCCESS')
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal(await state(), 'paid')
    const paypal = RAILS_UNDER_TEST.find(({ provider }) => provider === 'paypal')!
    assert.equal(paypal.effects('payout'), 1)
    assert.deepEqual(await breaks(), [])
    assert.equal(await clearingDifference('paypal'), '0.00')
  })

  test('a payment that failed is adopted by nobody: its payout waits on, and is sent at the end', async ({
    assert,
  }) => {
    const { batch, id } = await unclaimedAndLost()
    paypalSandbox.setPayoutItem(batch, 'FAILED')
    const refused = await run('payouts:adopt', id, batch, ...BY)
    assert.equal(refused.exitCode, 1)
    assert.match(refused.output, /failed at the provider and moved nothing/)
    assert.equal((await payout()).wait_reason.includes('finished checking'), true)

    const { json } = await run('recovery:status', '--json')
    const tolerated = (json.lost as { source: string }[]).flatMap(({ source }) => [
      '--tolerate',
      source,
    ])
    const ended = await end(...tolerated, ...BY)
    assert.equal(ended.exitCode, 0, ended.output)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal((await payout()).status, 'completed')
    assert.deepEqual(await breaks(), [])
  })

  test('a refund that was made after the backup freezes its deposit once its event is taken in again', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    await copyDatabase(BACKUP)
    const body = { milestone_id: milestone.id, reason: 'Not needed.' }
    expectData(await pay(client, 'payments/refund', body), 201)
    await settle()
    assert.equal(sandbox.effects('refund'), 1)

    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await backfillEvents('stripe', { from: new Date(Date.now() - DAY), to: new Date() })
    await settle()
    expectProblem(await pay(client, 'payments/refund', body), 409)
    const status = await run('recovery:status', '--json')
    assert.deepInclude(status.json.lost[0], { kind: 'refund', amount: '-1000.00', known: false })
    assert.equal((await end(...BY)).exitCode, 1)
    const tolerated = await end('--tolerate', status.json.lost[0].source, ...BY)
    assert.equal(tolerated.exitCode, 0, tolerated.output)
    assert.equal(sandbox.effects('refund'), 1)
  })

  test('a payment that was open at the backup is booked by itself', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    await copyDatabase(BACKUP)
    payIn(deposit)
    await settle()

    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal((await end(...BY)).exitCode, 0)
    assert.deepEqual(await breaks(), [])
    assert.equal(await clearingDifference('stripe'), '0.00')
  })

  test('no deadline decides anything while it is open', async ({ assert }) => {
    const { milestone } = await submittedMilestone()
    await run('recovery:begin', ...BY)
    await db.from('milestones').update({ auto_approve_at: db.raw(`now() - interval '1 minute'`) })
    const status = async () =>
      (await db.from('milestones').where('id', milestone.id).first()).status
    await autoApproveDue.handle({}, { logger: console } as never)
    assert.equal(await status(), 'submitted')
    assert.equal((await run('recovery:begin', ...BY)).exitCode, 1)
    assert.equal((await end(...BY)).exitCode, 0)
    assert.equal((await end(...BY)).exitCode, 1)
    await autoApproveDue.handle({}, { logger: console } as never)
    assert.equal(await status(), 'approved')
  })
})
