import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { propose } from '#approvals/propose'
import { refuse } from '#approvals/refuse'
import { accounts } from '#ledger/chart_of_accounts'
import { refundPaidByHand } from '#escrow/pay_refund_by_hand'
import { recheckRefunds } from '#escrow/recheck_refunds'
import { retryRefund } from '#escrow/retry_refund'
import { sendRefund } from '#escrow/send_refund'
import { BY, run } from '#tests/functional/operations/run'
import { json, strangeServer } from '#tests/functional/stripe/helpers'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { fundedMilestone, fundedProject, pay } from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { agreed, approvedAfter, member } from '#tests/support/two_people'
import { decided, releaseOf } from './chargebacks.js'

const only = async () =>
  db.from('transactions').where('transaction_type', 'refund').firstOrFail() as Promise<{
    id: string
    status: string
    attempt: number
    provider_transaction_id: string
  }>

/**
 * Of a deposit of 1000.00, 400.00 are released, 600.00 go back, and before these were sent a dispute of
 * 100.00 is lost.
 */
async function partlyChargedBack() {
  const found = await fundedProject({ amounts: ['600.00', '400.00'] })
  await releaseOf(found, 1)
  await settle()
  const dispute = sandbox.openDispute(sandbox.charges[0].id, { amount: 10_000 })
  const body = { milestone_id: found.milestones[0].id, reason: 'Not needed.' }
  const request = expectData(await pay(found.client, 'payments/refund', body), 201)
  await settle()
  await decided(dispute, 'lost')
  return { ...found, dispute, request, id: request.transaction.id as string }
}

/** A funded milestone whose client has asked for 300.00 back; nothing was sent yet. */
async function startedRefund() {
  const found = await fundedMilestone()
  const body = { milestone_id: found.milestone.id, amount: '300.00', reason: 'Not needed.' }
  const request = expectData(await pay(found.client, 'payments/refund', body), 201)
  return { ...found, request, id: request.transaction.id as string }
}

/** It arrived, and its bank sent it back. */
async function failedLate() {
  const found = await startedRefund()
  await settle()
  sandbox.failRefund(sandbox.refunds.at(-1)!.id)
  await settle()
  return found
}

/** Stripe as it is, except that it refuses refunds, as it does for a charge that is too old. */
async function refusingStripe(code: string, message: string) {
  const cents = sandbox.available()
  return strangeServer((response) => {
    if (response.req.url?.startsWith('/v1/balance')) {
      const amounts = (amount: number) => [{ amount, currency: 'usd', source_types: {} }]
      const balance = { object: 'balance', available: amounts(cents), pending: amounts(0) }
      return json(response, 200, { ...balance, livemode: false })
    }
    if (response.req.method === 'GET') {
      return json(response, 200, { object: 'list', data: [], has_more: false, url: '/v1/refunds' })
    }
    json(response, 400, { error: { type: 'invalid_request_error', code, message } })
  })
}

const byHand = (id: string, reference = 'bank-1') =>
  agreed(refundPaidByHand, id, { reference }, 'The card is closed.')

const owedTo = async (client: { id: string }) => held(accounts.refundPayable(client.id))

test.group('Refunds that no rail carries', (group) => {
  group.each.setup(() => resetAll())

  test("beyond the provider's time limit: owed to the client, who sees it and is told", async ({
    assert,
  }) => {
    const { client, project, request, id } = await startedRefund()
    const restore = await refusingStripe('charge_expired_for_refund', 'It is too old to refund.')
    await drain()
    restore()
    assert.equal((await only()).status, 'failed')
    assert.equal(await owedTo(client), '300.00')
    const shown = expectData(await api(client).get(`payments/refunds/${request.id}`))
    assert.deepInclude(shown.transaction, { status: 'failed', owed: '300.00', paid_by_hand: false })
    assert.equal(shown.transaction.failure.code, 'charge_expired_for_refund')
    const [listed] = expectData(await api(client).get('payments/refunds'))
    assert.equal(listed.transaction.owed, '300.00')
    const escrow = expectData(await api(client).get(`payments/escrow/${project.id}`))
    assert.deepInclude(escrow, { refund_payable: '300.00', total_refunded: '300.00' })
    const told = expectData(await api(client).get('notifications'))
    assert.include(
      told.map(({ kind }: { kind: string }) => kind),
      'refund.failed'
    )
    const list = await run('refunds:retry', '--json')
    assert.deepEqual(
      list.json.rows.map((row: any) => [row.transaction_id, row.amount]),
      [[id, '300.00']]
    )
    assert.lengthOf(sandbox.refunds, 0)
    assert.deepEqual(await breaks(), [])
  })

  test("beyond PayPal's 180 days it is owed, too, and is waited for while PayPal knows of a dispute", async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone({ provider: 'paypal' })
    const ask = (amount: string) => ({ milestone_id: milestone.id, amount, reason: 'Not needed.' })
    paypalSandbox.webhookMode({ paused: true })
    const dispute = paypalSandbox.openDispute(paypalSandbox.captures[0].id)
    const first = expectData(await pay(client, 'payments/refund', ask('100.00')), 201)
    await drain()
    const waiting = expectData(await api(client).get(`payments/refunds/${first.id}`))
    assert.equal(waiting.transaction.status, 'pending')
    assert.match(waiting.transaction.wait_reason, /disputed/)
    assert.equal(await owedTo(client), '0.00')
    paypalSandbox.resolveDispute(dispute, 'seller')
    paypalSandbox.webhookMode({})
    await settle()
    assert.equal((await only()).status, 'completed')

    paypalSandbox.advance(181 * 86_400_000)
    const late = expectData(await pay(client, 'payments/refund', ask('200.00')), 201)
    await settle()
    const shown = expectData(await api(client).get(`payments/refunds/${late.id}`))
    assert.deepInclude(shown.transaction, { status: 'failed', owed: '200.00' })
    assert.equal(shown.transaction.failure.code, 'REFUND_TIME_LIMIT_EXCEEDED')
    assert.equal(await owedTo(client), '200.00')
    await byHand(late.transaction.id)
    assert.equal(await owedTo(client), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('one that failed late is sent again on request, under a new key, and arrives', async ({
    assert,
  }) => {
    const { client, request, id } = await failedLate()
    const first = (await only()).provider_transaction_id
    const retried = await run('refunds:retry', id, '--by=Vera', '--reason=Ticket 812', '--json')
    assert.equal(retried.exitCode, 0)
    assert.deepInclude(retried.json, { status: 'completed', outcome: 'settled' })
    const line = await db.from('audit_log').where('action', 'refund.retried').firstOrFail()
    assert.deepInclude(line, { actor_type: 'operator', target_id: id })
    assert.equal(line.after.transaction, id)
    await settle()
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.refundInTransit(id)), '0.00')
    const after = await only()
    assert.equal(after.attempt, 2)
    assert.notEqual(after.provider_transaction_id, first)
    const arrived = sandbox.refunds.filter(({ status }) => status === 'succeeded')
    assert.lengthOf(arrived, 1)
    const shown = expectData(await api(client).get(`payments/refunds/${request.id}`))
    assert.deepInclude(shown.transaction, { status: 'completed', owed: '0.00', failure: null })
    assert.deepEqual(await breaks(), [])

    // Old news of the first one, again, changes nothing.
    const replay = await run('inbox:replay', '--type', 'refund.*', '--json', ...BY)
    assert.equal(replay.exitCode, 0)
    assert.equal(await owedTo(client), '0.00')
    assert.equal((await only()).status, 'completed')
    assert.deepEqual(await breaks(), [])
  })

  test('it may fail, be sent again and fail again as often as it likes', async ({ assert }) => {
    const { client, id } = await failedLate()
    for (let round = 0; round < 3; round++) {
      await retryRefund(id, OPERATOR)
      await settle()
      assert.equal(await owedTo(client), '0.00')
      sandbox.failRefund(sandbox.refunds.find(({ status }) => status === 'succeeded')!.id)
      await settle()
      assert.equal(await owedTo(client), '300.00')
      assert.deepEqual(await breaks(), [])
    }
    const restore = await refusingStripe('charge_expired_for_refund', 'It is too old to refund.')
    const refused = await run('refunds:retry', id, '--by=Vera', '--reason=Ticket 812', '--json')
    restore()
    assert.equal(refused.exitCode, 1)
    assert.equal(refused.json.status, 'failed')
    assert.match(refused.json.note, /too old/)
    assert.equal(await owedTo(client), '300.00')
    assert.deepEqual(await breaks(), [])
  })

  test('said to be paid another way, it goes by its rail again only if that is refused', async ({
    assert,
  }) => {
    for (const failed of [failedLate, partlyChargedBack]) {
      const { client, id } = await failed()
      const [first, second] = [await member(), await member()]
      const proposal = await propose(refundPaidByHand, {
        subjectId: id,
        content: { reference: `bank-${id}` },
        by: first.id,
        reason: 'The card is closed.',
      })
      await assert.rejects(() => retryRefund(id, OPERATOR), /proposed this refund as paid from our/)
      // Nor does anything else make it go, whatever asks.
      await assert.rejects(
        () => db.from('transactions').where('id', id).update({ status: 'pending' }),
        /said to be paid another way/
      )
      await refuse(proposal.id, { by: second.id, reason: 'The bank has no such payment.' })
      await retryRefund(id, OPERATOR)
      await settle()
      assert.equal(await owedTo(client), '0.00')
      assert.deepEqual(await breaks(), [])
      await resetAll()
    }
  })

  test('ten retries and ten payments by hand at once are one of them', async ({ assert }) => {
    const { client, id } = await failedLate()
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => retryRefund(id, OPERATOR)),
      ...Array.from({ length: 10 }, (_, n) => byHand(id, `bank-${n}`)),
    ])
    assert.lengthOf(
      outcomes.filter(({ status }) => status === 'fulfilled'),
      1
    )
    await settle()
    assert.equal(await owedTo(client), '0.00')
    assert.equal((await only()).status, 'completed')
    const arrived = sandbox.refunds.filter(({ status }) => status === 'succeeded').length
    assert.equal(arrived + (await db.from('refunds_paid_by_hand')).length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('paid by hand, it is booked once, and what else is said of it is refused', async ({
    assert,
  }) => {
    const { client, request, id } = await failedLate()
    const { email } = await member()
    const args = ['--by', email, '--reason', 'The card is closed.']
    const paid = await run('refunds:paid-by-hand', id, '--reference', 'bank-1', ...args)
    assert.equal(paid.exitCode, 0)
    assert.match(paid.output, /until somebody else approves it: http/)
    assert.equal(await owedTo(client), '300.00')
    const twice = await run('refunds:paid-by-hand', id, '--reference', 'bank-1', ...args)
    assert.equal(twice.exitCode, 1)
    assert.match(twice.output, /proposed already/)
    await approvedAfter(email)
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.bank()), '-300.00')
    const shown = expectData(await api(client).get(`payments/refunds/${request.id}`))
    assert.deepInclude(shown.transaction, { status: 'completed', owed: '0.00', paid_by_hand: true })

    const again = await run('refunds:paid-by-hand', id, '--reference', 'bank-1', ...args)
    assert.equal(again.exitCode, 1)
    assert.match(again.output, /was paid by hand as bank-1/)
    const other = await run('refunds:paid-by-hand', id, '--reference', 'bank-2', ...args)
    assert.equal(other.exitCode, 1)
    assert.match(other.output, /was paid by hand as bank-1/)
    assert.equal((await run('refunds:retry', id, '--by=Vera', '--reason=Ticket 812')).exitCode, 1)
    const nobody = await run('refunds:paid-by-hand', 'x', '--reference', 'bank-3', ...args)
    assert.equal(nobody.exitCode, 1)
    const wrong = await run('refunds:paid-by-hand', id, '--reference', ' ', ...args)
    assert.equal(wrong.exitCode, 2)
    assert.equal(await held(accounts.bank()), '-300.00')

    const second = await failedLate()
    const reused = await run('refunds:paid-by-hand', second.id, '--reference', 'bank-1', ...args)
    assert.equal(reused.exitCode, 1)
    assert.match(reused.output, /one payment pays one refund/)
    assert.equal(await owedTo(second.client), '300.00')
    assert.deepEqual(await breaks(), [])
  })

  test('what failed once, and is told again after it was paid by hand, is not owed again', async ({
    assert,
  }) => {
    const { client, id } = await failedLate()
    await byHand(id)
    const replay = await run('inbox:replay', '--type', 'refund.*', '--json', ...BY)
    assert.equal(replay.exitCode, 0)
    assert.equal(await owedTo(client), '0.00')
    assert.equal((await only()).status, 'completed')
    assert.deepEqual(await breaks(), [])
  })

  test('one that had failed and succeeds after all is booked as sent', async ({ assert }) => {
    const { client, id } = await failedLate()
    succeedAfterAll()
    await sendRefund(id)
    assert.equal((await only()).status, 'failed', 'nothing is asked of what is over')
    const { turned } = await recheckRefunds({ days: 30, limit: 10 })
    assert.deepEqual(turned, [id])
    assert.equal((await only()).status, 'completed')
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.clearing('stripe')), await atStripe())
    assert.deepEqual(await breaks(), [])
    assert.deepEqual((await recheckRefunds({ days: 30, limit: 10 })).turned, [])
  })

  test('one that succeeds after it was paid by hand is loud: the client has it twice', async ({
    assert,
  }) => {
    const { client, id } = await failedLate()
    await byHand(id)
    const undo = succeedAfterAll()
    for (let look = 0; look < 2; look++) await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await held(accounts.suspense()), '-300.00')
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.clearing('stripe')), await atStripe())
    assert.deepEqual(await breaks(), [])

    undo()
    for (let look = 0; look < 2; look++) await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await held(accounts.suspense()), '0.00')
    assert.equal(await held(accounts.clearing('stripe')), await atStripe())
    assert.equal((await only()).status, 'completed')
    assert.include(await entryKinds(), 'reversal')
    assert.deepEqual(await breaks(), [])
  })

  test('one that fails late is found although no webhook ever tells, a few at a time', async ({
    assert,
  }) => {
    const { client, id } = await startedRefund()
    await settle()
    const other = await startedRefund()
    await settle()
    sandbox.webhookMode({ drop: () => true })
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    assert.equal(await owedTo(client), '0.00')
    const looks = []
    for (let look = 0; look < 2; look++) looks.push(await recheckRefunds({ days: 30, limit: 1 }))
    assert.deepEqual(
      looks.map(({ looked }) => looked),
      [1, 1]
    )
    assert.deepEqual(
      looks.flatMap(({ turned }) => turned),
      [id]
    )
    assert.equal(await owedTo(client), '300.00')
    assert.equal(await owedTo(other.client), '0.00')
    await db.from('transactions').update({ completed_at: db.raw(`now() - interval '40 days'`) })
    assert.equal((await recheckRefunds({ days: 30, limit: 10 })).looked, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('one that is tried again is taken by a lost dispute: the client has it from the bank', async ({
    assert,
  }) => {
    const { client, project, id } = await failedLate()
    await retryRefund(id, OPERATOR)
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    await settle()
    assert.equal((await only()).status, 'pending')
    await assert.rejects(() => byHand(id), /pending; nothing of it is owed/)
    sandbox.closeDispute(dispute, 'lost')
    await settle()
    assert.equal((await only()).status, 'failed')
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.refundInTransit(id)), '0.00')
    await assert.rejects(() => byHand(id), /Nothing of 300.00 USD is owed any more/)
    await assert.rejects(() => retryRefund(id, OPERATOR), /Nothing of 300.00 USD/)
    const escrow = expectData(await api(client).get(`payments/escrow/${project.id}`))
    assert.equal(escrow.refund_payable, '0.00')
    assert.equal((await run('refunds:retry', '--json')).json.owed, 0)
    assert.lengthOf(
      sandbox.refunds.filter(({ status }) => status === 'succeeded'),
      0
    )
    assert.deepEqual(await breaks(), [])
  })

  test('of one that a lost dispute has settled in part the rest is owed, told, and sent on request', async ({
    assert,
  }) => {
    const { client, request, id } = await partlyChargedBack()
    assert.deepInclude(await db.from('transactions').where('id', id).firstOrFail(), {
      status: 'failed',
      failure_code: 'charged_back',
    })
    assert.equal(await owedTo(client), '500.00')
    const told = expectData(await api(client).get('notifications?limit=100'))
    const failed = told.filter(({ kind }: { kind: string }) => kind === 'refund.failed')
    assert.lengthOf(failed, 1)
    assert.include(failed[0].body, '500.00')
    const list = await run('refunds:retry', '--json')
    assert.deepEqual(
      list.json.rows.map((row: any) => [row.transaction_id, row.amount]),
      [[id, '500.00']]
    )
    assert.deepEqual(await breaks(), [])

    const outcomes = await Promise.allSettled([
      retryRefund(id, OPERATOR),
      retryRefund(id, OPERATOR),
      byHand(id),
    ])
    const [done] = outcomes.filter(({ status }) => status === 'fulfilled')
    assert.lengthOf(
      outcomes.filter(({ status }) => status === 'fulfilled'),
      1
    )
    assert.exists(done)
    await settle()
    assert.equal(await owedTo(client), '0.00')
    const shown = expectData(await api(client).get(`payments/refunds/${request.id}`))
    assert.equal(shown.transaction.owed, '0.00')
    await assert.rejects(() => retryRefund(id, OPERATOR), /Nothing of 600.00 USD is owed any more/)
    const paid = sandbox.refunds.reduce((sum, { amount }) => sum + amount, 0)
    assert.equal(paid + ((await db.from('refunds_paid_by_hand')).length ? 50_000 : 0), 50_000)
    assert.deepEqual(await breaks(), [])
  })

  test('its rest may fail late and be sent again, and then be paid by hand, each once', async ({
    assert,
  }) => {
    const { client, id } = await partlyChargedBack()
    const rest = await retryRefund(id, OPERATOR)
    await settle()
    assert.deepEqual(
      sandbox.refunds.map(({ amount, status }) => [amount, status]),
      [[50_000, 'succeeded']]
    )
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    assert.equal(await owedTo(client), '500.00')
    const list = await run('refunds:retry', '--json')
    assert.deepEqual(
      list.json.rows.map((row: any) => [row.transaction_id, row.amount]),
      [[id, '500.00']]
    )
    assert.deepEqual(await breaks(), [])
    await assert.rejects(() => byHand(rest), new RegExp(`rest of the refund ${id}`))
    await byHand(id)
    assert.equal(await held(accounts.bank()), '-500.00')
    await assert.rejects(() => byHand(id), /was paid by hand as bank-1/)
    assert.equal(await owedTo(client), '0.00')
    assert.deepEqual(await breaks(), [])

    // It arrives after all: the client has that twice.
    const undo = succeedAfterAll()
    for (let look = 0; look < 2; look++) await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await held(accounts.suspense()), '-500.00')
    assert.deepEqual(await breaks(), [])
    undo()
    await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await held(accounts.suspense()), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('that a lost dispute has settled in part and that succeeds after all has paid what was owed, and the rest twice', async ({
    assert,
  }) => {
    const { client } = await failedLate()
    const dispute = sandbox.openDispute(sandbox.charges[0].id, { amount: 80_000 })
    await settle()
    await decided(dispute, 'lost')
    // 700.00 were held: of the 300.00 that are owed the bank has given back 100.00.
    assert.equal(await owedTo(client), '200.00')
    const undo = succeedAfterAll()
    for (let look = 0; look < 2; look++) await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await owedTo(client), '0.00')
    assert.equal(await held(accounts.suspense()), '-100.00')
    assert.deepEqual(await breaks(), [])
    undo()
    for (let look = 0; look < 2; look++) await recheckRefunds({ days: 30, limit: 10 })
    assert.equal(await owedTo(client), '200.00')
    assert.equal(await held(accounts.suspense()), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('that the loss does not need is not ended by it, and goes its way', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['600.00', '400.00'] })
    const dispute = sandbox.openDispute(sandbox.charges[0].id, { amount: 10_000 })
    const body = { milestone_id: found.milestones[0].id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await settle()
    await decided(dispute, 'lost')
    assert.equal((await only()).status, 'completed')
    assert.equal(await held(accounts.escrow(found.milestones[1].id)), '300.00')
    assert.deepEqual(await breaks(), [])
  })

  test('while the payment is disputed it waits, also when only the provider knows of that', async ({
    assert,
  }) => {
    const { client, request } = await startedRefund()
    sandbox.webhookMode({ paused: true })
    sandbox.openDispute(sandbox.charges[0].id, { status: 'warning_needs_response' })
    const restore = await refusingStripe('charge_disputed', 'It has been charged back.')
    await drain()
    restore()
    const shown = expectData(await api(client).get(`payments/refunds/${request.id}`))
    assert.equal(shown.transaction.status, 'pending')
    assert.match(shown.transaction.wait_reason, /disputed/)
    assert.equal(await owedTo(client), '0.00')
    assert.lengthOf(await db.from('reservations').whereNull('settled_at'), 0)
    assert.deepEqual(await breaks(), [])

    // Two weeks of looking have found no dispute: nothing will be decided.
    await db
      .from('transactions')
      .where('transaction_type', 'refund')
      .update({ created_at: db.raw(`now() - interval '15 days'`) })
    const again = await refusingStripe('charge_disputed', 'It has been charged back.')
    await sendRefund((await only()).id)
    again()
    assert.equal((await only()).status, 'failed')
    assert.equal(await owedTo(client), '300.00')
    assert.deepEqual(await breaks(), [])
  })

  test('of a payment that was charged back it waits for nothing', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    const dispute = sandbox.openDispute(sandbox.charges[0].id, { amount: 10_000 })
    await settle()
    await decided(dispute, 'lost')
    const body = { milestone_id: milestone.id, amount: '300.00', reason: 'Not needed.' }
    expectData(await pay(client, 'payments/refund', body), 201)
    const restore = await refusingStripe('charge_disputed', 'It has been charged back.')
    await drain()
    restore()
    assert.equal((await only()).status, 'failed')
    assert.equal(await owedTo(client), '300.00')
    assert.deepEqual(await breaks(), [])
  })

  test('and posts it once, for this refund and no other amount or payee', async ({ assert }) => {
    const { id, client } = await failedLate()
    await agreed(refundPaidByHand, id, { reference: 'WIRE-4711' })
    const refund = await db.from('transactions').where('id', id).firstOrFail()
    const [posted] = await db.from('journal_entries').where('kind', 'refund_paid_by_hand')
    const line = (account: string, direction: string) => ({
      account,
      direction,
      amount: '100',
      currency: 'USD',
    })
    const entry = (reference: string, account: string) => ({
      reference,
      kind: 'refund_paid_by_hand',
      transaction_id: id,
      milestone_id: refund.milestone_id,
      deposit_id: refund.deposit_id,
      postings: [line(account, 'debit'), line('bank', 'credit')],
    })
    for (const wrong of [
      entry('evil:1', 'suspense'),
      entry(`${posted.reference}:7`, 'suspense'),
      entry('evil:2', `payable:${client.id}`),
    ]) {
      await assert.rejects(
        () => db.rawQuery('SELECT * FROM post_entries(?)', [JSON.stringify([wrong])]),
        /No second person|would go to/
      )
    }
  })
})

/**
 * A refund that Stripe had called failed turns out to be paid, which its stand-in does by no door of its
 * own. Answers how to have it fail again.
 */
function succeedAfterAll(): () => void {
  const [refund] = sandbox.refunds
  sandbox.withdraw(refund.amount)
  refund.status = 'succeeded'
  return () => {
    sandbox.topUp(refund.amount)
    refund.status = 'failed'
  }
}

/** Our balance at Stripe less what it began with, which nobody has booked here. */
async function atStripe(): Promise<string> {
  return ((sandbox.available() - 10_000_000) / 100).toFixed(2)
}
