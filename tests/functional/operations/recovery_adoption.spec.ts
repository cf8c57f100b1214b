import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import { letPayoutGo } from '#escrow/let_payout_go'
import { lockProject } from '#escrow/locks'
import { retryPayout } from '#escrow/retry_payout'
import { settlePending } from '#escrow/settle_pending'
import { backfillEvents } from '#payments/backfill_events'
import { providerKey } from '#payments/provider'
import { stripeClient } from '#payments/stripe/client'
import { adoptPayout } from '#recovery/adopt_payout'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import {
  aPayoutAccount,
  fundedMilestone,
  pay,
  submittedMilestone,
  type Case,
} from '#tests/support/projects'
import { clearingDifference, impatient } from '#tests/support/rails'
import { copyDatabase, dropDatabase, onDatabase, restoreFrom } from '#tests/support/restored'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { aFreelancer } from '#tests/support/users'
import { BY, run } from './run.js'

const BACKUP = 'safesend_backup'
const DAY = 86_400_000

const approve = async ({ client, milestone }: Case) =>
  expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)

/** The stand-ins list at once what they do. */
const end = (...words: string[]) => run('recovery:end', '--despite-lag', ...words, ...BY)
const adopt = (payout: string, payment: string, ...words: string[]) =>
  run('payouts:adopt', payout, payment, ...words, ...BY)
const reconcilePending = () => settlePending({ olderThanSeconds: 0 })

const payouts = (): Promise<{ id: string; milestone_id: string }[]> =>
  db.from('transactions').where('transaction_type', 'payout').orderBy('id')

/** A payout with what its state is made of. */
const shown = async (id: string) =>
  db
    .from('transactions as t')
    .join('payouts as p', 'p.transaction_id', 't.id')
    .where('t.id', id)
    .select(
      't.status',
      't.rail',
      't.attempt',
      't.provider_transaction_id as name',
      'p.state',
      'p.payout_account_id as account'
    )
    .firstOrFail()

const entriesOf = async (id: string) => {
  const rows = await db.from('journal_entries').where('transaction_id', id).orderBy('reference')
  return rows.map(({ kind }) => kind as string)
}

const audited = async (action: string) => db.from('audit_log').where('action', action)

/** Somebody with every right makes a payment at Stripe that says that it is this payout's. */
async function payByHand(payoutId: string, { amount = 90_000, attempt = 1 } = {}) {
  const { project_id: project } = await db
    .from('transactions as t')
    .join('escrow_accounts as e', 'e.id', 't.escrow_account_id')
    .where('t.id', payoutId)
    .firstOrFail()
  const { destination } = await db
    .from('payout_accounts')
    .where('payment_provider', 'stripe')
    .firstOrFail()
  return stripeClient().transfers.create({
    amount,
    currency: 'usd',
    destination,
    transfer_group: project,
    metadata: { transaction_id: payoutId, key: providerKey(payoutId, attempt) },
  })
}

test.group('Adopting payments after a restore', (group) => {
  group.tap((each) => each.timeout(60_000))
  group.each.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
    return async () => {
      for (const each of [sandbox, paypalSandbox]) each.clearFaults()
      await dropDatabase(BACKUP)
    }
  })

  /** Releases that were paid after the backup, and are approved again after the restore. */
  async function lostReleases(...cases: Case[]) {
    await copyDatabase(BACKUP)
    for (const each of cases) await approve(each)
    await settle()
    const made = await db
      .from('transactions')
      .where('transaction_type', 'payout')
      .select('milestone_id', 'provider_transaction_id', 'provider_source_id')
    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    for (const each of cases) await approve(each)
    await settle()
    const waiting = await payouts()
    return cases.map(({ milestone }) => {
      const of = <T extends { milestone_id: string }>(rows: T[]) =>
        rows.find((row) => row.milestone_id === milestone.id)!
      const { provider_transaction_id: payment, provider_source_id: source } = of(made)
      return { id: of(waiting).id, payment: payment as string, source: source as string }
    })
  }

  test('a process that ends between adopting and booking leaves neither, and repeating it books once', async ({
    assert,
    cleanup,
  }) => {
    const [{ id, payment }] = await lostReleases(await submittedMilestone())
    await db.rawQuery(`
      CREATE FUNCTION end_process() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the process ended'; END $$;
      CREATE TRIGGER end_process BEFORE UPDATE ON transactions FOR EACH ROW
        WHEN (NEW.status = 'completed') EXECUTE FUNCTION end_process()`)
    const heal = () =>
      db.rawQuery(
        'DROP TRIGGER IF EXISTS end_process ON transactions; DROP FUNCTION IF EXISTS end_process'
      )
    cleanup(async () => void (await heal()))
    await assert.rejects(() => adoptPayout(id, payment, OPERATOR), /the process ended/)
    assert.include(await shown(id), { state: 'waiting', name: '' })
    assert.deepEqual(await entriesOf(id), [])
    assert.lengthOf(await audited('payout.adopted'), 0)

    await heal()
    const first = await adopt(id, payment)
    assert.equal(first.exitCode, 0, first.output)
    assert.match(first.output, /is the payment of payout .*: it is booked, and nothing is sent/)
    const again = await adopt(id, payment)
    assert.equal(again.exitCode, 0, again.output)
    assert.match(again.output, /was adopted before as the payment/)
    assert.deepEqual(await entriesOf(id), ['payout_confirmed', 'payout_started'])
    assert.lengthOf(await audited('payout.adopted'), 1)
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('an adopted payment that was under way is booked by reconcile:pending before the recovery ends', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.planPayout('UNCLAIMED')
    const [{ id, payment }] = await lostReleases(found)
    const adopted = await adopt(id, payment)
    assert.match(adopted.output, /it is booked when it arrives/)
    assert.include(await shown(id), { state: 'in_transit', name: payment })
    // Its account may have been added after the backup.
    await db.from('payouts').update({ payout_account_id: null })

    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.setPayoutItem(payment, 'SUCCESS')
    await reconcilePending()
    assert.include(await shown(id), { state: 'paid', status: 'completed' })
    assert.equal((await adopt(id, payment)).exitCode, 0)
    assert.deepEqual(await entriesOf(id), ['payout_confirmed', 'payout_started', 'provider_fee'])
    assert.equal(paypalSandbox.effects('payout_batch'), 1)
    assert.deepEqual(await breaks(), [])
    assert.equal((await end()).exitCode, 0)
  })

  test('an adopted payment that was under way and comes back is owed again', async ({ assert }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.planPayout('UNCLAIMED')
    const [{ id, payment }] = await lostReleases(found)
    assert.equal((await adopt(id, payment)).exitCode, 0)
    assert.include(await shown(id), { state: 'in_transit', name: payment })
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.setPayoutItem(payment, 'RETURNED')
    await reconcilePending()
    const { state, name } = await shown(id)
    assert.include(['waiting', 'failed'], state)
    assert.equal(name, '')
    assert.deepEqual(await entriesOf(id), ['payout_failed', 'payout_started', 'provider_fee'])
    assert.deepEqual(await breaks(), [])
  })

  test('a payment to an account that was opened after the backup is adopted by who answers for that', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ payable: false })
    const other = await aFreelancer()
    await aPayoutAccount(other)
    await copyDatabase(BACKUP)
    await aPayoutAccount(found.freelancer)
    await approve(found)
    await settle()
    const { destination } = await db
      .from('payout_accounts')
      .where('user_id', found.freelancer.id)
      .firstOrFail()
    const [{ id: payment }] = sandbox.transfers
    await restoreFrom(BACKUP)
    await run('recovery:begin', ...BY)
    await aPayoutAccount(found.freelancer)
    await approve(found)
    await settle()
    const [{ id }] = await payouts()

    const refused = await adopt(id, payment)
    assert.equal(refused.exitCode, 1)
    assert.include(refused.output, `repeat this with --recipient ${destination}`)
    const { destination: theirs } = await db
      .from('payout_accounts')
      .where('user_id', other.id)
      .firstOrFail()
    for (const wrong of ['acct_nobody', theirs]) {
      assert.equal((await adopt(id, payment, '--recipient', wrong)).exitCode, 1, wrong)
    }
    assert.include(await shown(id), { state: 'waiting' })
    assert.lengthOf(await audited('payout.adopted'), 0)

    const adopted = await adopt(id, payment, '--recipient', destination)
    assert.equal(adopted.exitCode, 0, adopted.output)
    const [{ after }] = await audited('payout.adopted')
    assert.include(after, { unknown_recipient: true })
    assert.include(await shown(id), { state: 'paid', status: 'completed', account: null })
    assert.equal((await end()).exitCode, 0)
    await reconcilePending()
    await settle()
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a payment to an account of somebody else is adopted by nobody', async ({ assert }) => {
    const [{ id, payment }] = await lostReleases(await submittedMilestone())
    const { destination } = await db.from('payout_accounts').firstOrFail()
    const other = await aFreelancer()
    await db.from('payout_accounts').update({ user_id: other.id })
    const refused = await adopt(id, payment, '--recipient', destination)
    assert.equal(refused.exitCode, 1)
    assert.include(refused.output, `${destination} is a payout account of somebody else`)
    assert.include(await shown(id), { state: 'waiting' })
  })

  for (const provider of ['stripe', 'paypal'] as const) {
    test(`what might pay a tolerated payment by ${provider} again is held until somebody has looked, once`, async ({
      assert,
    }) => {
      const found = await submittedMilestone({ provider })
      const other = await submittedMilestone({ provider })
      await copyDatabase(BACKUP)
      await approve(found)
      await settle()
      const made = await db.from('transactions').where('transaction_type', 'payout').firstOrFail()
      const payment = made.provider_source_id || made.provider_transaction_id
      await restoreFrom(BACKUP)
      await run('recovery:begin', ...BY)
      await backfillEvents(provider, { from: new Date(Date.now() - DAY), to: new Date() })
      await settle()
      // Its client is not there to approve it again, and others wait for their money.
      assert.equal((await end()).exitCode, 1)
      const ended = await end('--tolerate', payment)
      assert.equal(ended.exitCode, 0, ended.output)

      await approve(found)
      await approve(other)
      await settle()
      await reconcilePending()
      const states = async () => {
        const rows = await payouts()
        const shownOnes = await Promise.all(rows.map(({ id }) => shown(id)))
        return shownOnes.map(({ state }) => state)
      }
      assert.deepEqual((await states()).toSorted(), ['paid', 'waiting'])
      const [{ id }] = await db
        .from('payouts as p')
        .whereNotNull('p.held_at')
        .select('transaction_id as id')
      assert.equal(
        (await payouts()).find((each) => each.id === id)!.milestone_id,
        found.milestone.id
      )
      const [held] = await audited('payout.held')
      assert.include(held.after, { perhaps_paid_as: payment })

      await letPayoutGo(id, OPERATOR)
      await settle()
      assert.lengthOf(await db.from('payouts').whereNotNull('held_at'), 0)
      assert.lengthOf(await audited('payout.held'), 1)
      // At Stripe, its deposit is used up by the first.
      assert.include(await shown(id), { state: provider === 'stripe' ? 'waiting' : 'paid' })
    })
  }

  /** Calls that all wait for the same lock, and go on at once. */
  async function atOnce<T>(cases: Case[], calls: (() => Promise<T>)[]) {
    const trx = await db.transaction()
    for (const { project } of cases) await lockProject(trx, project.id)
    const outcomes = Promise.allSettled(calls.map((call) => call()))
    for (;;) {
      const { rows } = await db.rawQuery(
        `SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`
      )
      if (rows[0].n === calls.length) break
    }
    await trx.commit()
    return outcomes
  }

  const refusals = (outcomes: PromiseSettledResult<unknown>[]) =>
    outcomes.flatMap((each) => (each.status === 'rejected' ? [String(each.reason.message)] : []))

  test('two people who adopt a payout at once book it once: one adopts it, the other hears that it is done', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const [{ id, payment }] = await lostReleases(found)
    const outcomes = await atOnce(
      [found],
      [() => adoptPayout(id, payment, OPERATOR), () => adoptPayout(id, payment, OPERATOR)]
    )
    assert.deepEqual(
      outcomes.map((each) => each.status === 'fulfilled' && each.value.already).toSorted(),
      [false, true]
    )
    assert.deepEqual(await entriesOf(id), ['payout_confirmed', 'payout_started'])
    assert.lengthOf(await audited('payout.adopted'), 1)
    assert.deepEqual(await breaks(), [])
  })

  test('of two payments that are adopted for one payout at once it gets one, and the other is refused', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const { freelancer } = found
    const other = await submittedMilestone({ freelancer, payable: false })
    const [{ id, payment }, second] = await lostReleases(found, other)
    const outcomes = await atOnce(
      [found],
      [payment, second.payment].map((each) => () => adoptPayout(id, each, OPERATOR))
    )
    assert.lengthOf(refusals(outcomes), 1)
    assert.match(refusals(outcomes)[0], /This payout is paid as tr_.* only one that waits/)
    assert.deepEqual(await entriesOf(id), ['payout_confirmed', 'payout_started'])
    assert.deepEqual(await entriesOf(second.id), [])
    assert.deepEqual(await breaks(), [])
  })

  for (const provider of ['stripe', 'paypal'] as const) {
    test(`a payment by ${provider} that two payouts adopt at once belongs to one, under whichever name`, async ({
      assert,
    }) => {
      const found = await submittedMilestone({ provider })
      const { freelancer } = found
      const other = await submittedMilestone({ provider, freelancer, payable: false })
      const [mine, theirs] = await lostReleases(found, other)
      if (provider === 'paypal') await backfill('paypal')
      const outcomes = await atOnce(
        [found, other],
        [
          () => adoptPayout(mine.id, mine.payment, OPERATOR),
          () => adoptPayout(theirs.id, mine.source || mine.payment, OPERATOR),
        ]
      )
      assert.lengthOf(refusals(outcomes), 1)
      assert.match(refusals(outcomes)[0], /belongs to the transaction/)
      const states = [(await shown(mine.id)).state, (await shown(theirs.id)).state]
      assert.deepEqual(states.toSorted(), ['paid', 'waiting'])
      assert.equal((await end()).exitCode, 1)
      assert.deepEqual(await breaks(), [])
    })
  }

  const backfill = async (rail: 'stripe' | 'paypal') => {
    await backfillEvents(rail, { from: new Date(Date.now() - DAY), to: new Date() })
    await settle({ mayFail: true })
  }

  test('a payment by PayPal is adopted by the name that recovery:status shows', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    const [{ id, source }] = await lostReleases(found)
    const early = await adopt(id, source)
    assert.equal(early.exitCode, 1)
    assert.match(
      early.output,
      /take in its news first \(inbox:backfill paypal\), or name the batch/
    )

    await backfill('paypal')
    const { json } = await run('recovery:status', '--json')
    const { source: listed } = json.lost.find(({ kind }: { kind: string }) => kind === 'payout')
    assert.equal(listed, source)
    const adopted = await adopt(id, listed)
    assert.equal(adopted.exitCode, 0, adopted.output)
    assert.include(await shown(id), { state: 'paid' })
    assert.equal((await end()).exitCode, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('a payout that was refused before the backup and paid after it counts as missing until it is booked', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.planPayout('FAILED')
    await approve(found)
    await settle()
    const [{ id }] = await payouts()
    assert.include(await shown(id), { state: 'failed' })
    await copyDatabase(BACKUP)
    await retryPayout(id, OPERATOR)
    await settle()
    assert.include(await shown(id), { state: 'paid' })

    await restoreFrom(BACKUP)
    paypalSandbox.advance(DAY)
    await run('recovery:begin', ...BY)
    const { json } = await run('recovery:status', '--json')
    assert.deepInclude(
      json.lost.find(({ kind }: { kind: string }) => kind === 'payout'),
      { transaction_id: id, known: true, sent: false }
    )
    const early = await end()
    assert.equal(early.exitCode, 1)
    await reconcilePending()
    assert.include(await shown(id), { state: 'paid' })
    const ended = await end()
    assert.equal(ended.exitCode, 0, ended.output)
    await settle()
    assert.equal(paypalSandbox.effects('payout_batch'), 2)
    assert.deepEqual(await breaks(), [])
    assert.equal(await clearingDifference('paypal'), '0.00')
  })

  test('a second payment of a payout that the books have as paid is not taken for the first', async ({
    assert,
  }) => {
    await approve(await submittedMilestone())
    await settle()
    const [{ id }] = await payouts()
    await run('recovery:begin', ...BY)
    const { id: second } = await payByHand(id)
    const { json } = await run('recovery:status', '--json')
    assert.deepInclude(json.lost[0], { source: second, transaction_id: id, sent: false })
    assert.equal((await end()).exitCode, 1)
    const adopted = await adopt(id, second)
    assert.equal(adopted.exitCode, 1)
    assert.match(adopted.output, /This payout is paid/)
    assert.equal((await end('--tolerate', second)).exitCode, 0)
  })

  test('a payment of another amount is not booked and not made again, and it is said what to do', async ({
    assert,
  }) => {
    await approve(await submittedMilestone())
    const [{ id }] = await payouts()
    await run('recovery:begin', ...BY)
    const { id: wrong } = await payByHand(id, { amount: 80_000 })
    for (const isOver of [false, true]) {
      const settled = await reconcilePending()
      const { note } = settled.find(({ transactionId }) => transactionId === id)!
      assert.match(note, /reports 800.00 USD for tr_.*ours is 900.00 USD. Nothing is booked/)
      assert.match(note, /inbox:backfill/)
      assert.include(await shown(id), { state: 'waiting', name: '' })
      assert.deepEqual(await entriesOf(id), [])
      if (!isOver) assert.equal((await end('--tolerate', wrong)).exitCode, 0)
    }
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  /** In transit at Stripe without an answer when the backup is made; Stripe never had it. */
  async function unansweredAtTheBackup() {
    // So that there is money to pay from on the other rail.
    await fundedMilestone({ provider: 'paypal' })
    const found = await submittedMilestone()
    await aPayoutAccount(found.freelancer, 'paypal')
    const impatience = impatient()
    sandbox.failNext('POST /v1/transfers', { at: 'before', with: 'timeout', times: 5 })
    await approve(found)
    await drain({ mayFail: true })
    sandbox.clearFaults()
    impatience()
    const [{ id }] = await payouts()
    await copyDatabase(BACKUP)
    return { found, id }
  }

  /** Its freelancer is paid at PayPal from now on. */
  async function changeAccount({ freelancer }: Case) {
    const account = await db
      .from('payout_accounts')
      .where({ payment_provider: 'paypal', user_id: freelancer.id })
      .firstOrFail()
    const path = `payments/payout-accounts/${account.id}`
    expectData(await api(freelancer).put(path, { is_default: true }))
  }

  test('a payout in transit at the backup that Stripe then refused, and PayPal paid, is adopted once Stripe says that it has none', async ({
    assert,
  }) => {
    const { found, id } = await unansweredAtTheBackup()
    assert.include(await shown(id), { state: 'in_transit', rail: 'stripe', name: '' })
    const { destination } = await db
      .from('payout_accounts')
      .where('payment_provider', 'stripe')
      .firstOrFail()
    sandbox.restrictAccount(destination)
    await reconcilePending()
    assert.include(await shown(id), { state: 'waiting', attempt: 2 })
    await changeAccount(found)
    await settle()
    assert.include(await shown(id), { state: 'paid', rail: 'paypal' })
    const [{ transaction_id: payment }] = paypalSandbox.payoutItems

    await restoreFrom(BACKUP)
    paypalSandbox.advance(DAY)
    await run('recovery:begin', ...BY)
    await backfill('paypal')
    const settled = await reconcilePending()
    const { note } = settled.find(({ transactionId }) => transactionId === id)!
    assert.match(note, new RegExp(`payouts:adopt ${id} ${payment} books it, if stripe says`))
    assert.equal((await end()).exitCode, 1)

    const noAnswer = impatient()
    sandbox.failNext('GET /v1/transfers', { at: 'before', with: 'timeout', times: 5 })
    const unknown = await adopt(id, payment!)
    sandbox.clearFaults()
    noAnswer()
    assert.equal(unknown.exitCode, 1)
    assert.match(
      unknown.output,
      /stripe cannot say now .* what is unknown does not count as failed/
    )
    assert.include(await shown(id), { state: 'in_transit', rail: 'stripe' })

    const adopted = await adopt(id, payment!)
    assert.equal(adopted.exitCode, 0, adopted.output)
    assert.include(await shown(id), { state: 'paid', rail: 'paypal', attempt: 2 })
    assert.equal((await adopt(id, payment!)).exitCode, 0)
    assert.deepEqual(await entriesOf(id), ['payout_confirmed', 'payout_started', 'provider_fee'])
    const [line] = await audited('payout.adopted')
    assert.deepInclude(line.before, { rail: 'stripe', attempt: 1, state: 'in_transit' })
    assert.deepInclude(line.after, { rail: 'paypal', attempt: 2 })

    const ended = await end()
    assert.equal(ended.exitCode, 0, ended.output)
    await reconcilePending()
    await settle()
    assert.lengthOf(sandbox.transfers, 0)
    assert.lengthOf(paypalSandbox.payoutBatches, 1)
    assert.deepEqual(await breaks(), [])
    assert.equal(await clearingDifference('paypal'), '0.00')
  })

  test('one that waits at PayPal to be claimed is not taken for over while it may be paid there', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    await fundedMilestone()
    paypalSandbox.planPayout('UNCLAIMED')
    await approve(found)
    await settle()
    const [{ id }] = await payouts()
    const { name: batch } = await shown(id)
    await run('recovery:begin', ...BY)
    await aPayoutAccount(found.freelancer)
    const { id: payment } = await payByHand(id, { attempt: 2 })
    const open = await adopt(id, payment)
    assert.equal(open.exitCode, 1)
    assert.match(open.output, /may still be paid there: cancel it there or wait/)
    assert.include(await shown(id), { state: 'in_transit', rail: 'paypal', name: batch })

    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.setPayoutItem(batch, 'RETURNED')
    const adopted = await adopt(id, payment)
    assert.equal(adopted.exitCode, 0, adopted.output)
    assert.include(await shown(id), { state: 'paid', rail: 'stripe', attempt: 2, name: payment })
    // News of what came to nothing is old; it takes nothing back.
    paypalSandbox.webhookMode({})
    await settle()
    await reconcilePending()
    assert.include(await shown(id), { state: 'paid', name: payment })
    assert.deepEqual(await breaks(), [])
  })

  test('a payment of the same attempt by another rail may be a second one, so nobody adopts it', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    await fundedMilestone()
    paypalSandbox.planPayout('UNCLAIMED')
    await approve(found)
    await settle()
    const [{ id }] = await payouts()
    const { name: batch } = await shown(id)
    await run('recovery:begin', ...BY)
    await aPayoutAccount(found.freelancer)
    const { id: payment } = await payByHand(id, { attempt: 1 })
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.setPayoutItem(batch, 'FAILED')
    const adopted = await adopt(id, payment)
    assert.equal(adopted.exitCode, 1)
    assert.match(adopted.output, /not the payment of a later attempt of it/)
    assert.include(await shown(id), { state: 'in_transit', rail: 'paypal', name: batch })
  })

  test('one that was paid by both rails is booked by neither of them alone: a person has to look', async ({
    assert,
  }) => {
    const found = await submittedMilestone({ provider: 'paypal' })
    await fundedMilestone()
    paypalSandbox.planPayout('UNCLAIMED')
    await approve(found)
    await settle()
    const [{ id }] = await payouts()
    const { name: batch } = await shown(id)
    await run('recovery:begin', ...BY)
    await aPayoutAccount(found.freelancer)
    const { id: payment } = await payByHand(id, { attempt: 2 })
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.setPayoutItem(batch, 'SUCCESS')
    const adopted = await adopt(id, payment)
    assert.equal(adopted.exitCode, 1)
    assert.match(adopted.output, /succeeded there, and tr_.* was paid, too/)
    assert.include(await shown(id), { state: 'in_transit', rail: 'paypal', name: batch })
    assert.equal((await end()).exitCode, 1)
  })

  for (const { rail, stand, routes } of [
    {
      rail: 'stripe',
      stand: sandbox,
      routes: ['GET /v1/balance', 'GET /v1/balance_transactions', 'GET /v1/transfers/{transfer}'],
    },
    {
      rail: 'paypal',
      stand: paypalSandbox,
      routes: ['GET /v1/reporting/balances', 'GET /v1/reporting/transactions'],
    },
  ] as const) {
    test(`recovery:status holds no transaction open while ${rail} is slow to answer`, async ({
      assert,
    }) => {
      const found = await submittedMilestone({ provider: rail })
      await lostReleases(found)
      const unhindered = await run('recovery:status', '--json')
      for (const route of routes) {
        const hold = stand.hold(route, { at: 'before' })
        const asked = run('recovery:status', '--json')
        await hold.arrived
        const open = await onDatabase('postgres', async (client) => {
          const { rows } = await client.query(
            `SELECT query FROM pg_stat_activity
              WHERE datname = 'safesend_test' AND (state LIKE 'idle in transaction%' OR backend_xmin IS NOT NULL)`
          )
          return rows
        })
        hold.release()
        assert.deepEqual(open, [], route)
        const { json } = await asked
        assert.deepEqual(json, unhindered.json, route)
      }
      assert.lengthOf(unhindered.json.lost, 1)
    })
  }
})
