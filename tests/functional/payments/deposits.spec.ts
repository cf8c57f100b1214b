import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { strangeServer } from '#tests/functional/stripe/helpers'
import { settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import {
  activeProject,
  aDeposit,
  fund,
  fundedMilestone,
  inDays,
  pay,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { aClient } from '#tests/support/users'

const intentOf = (deposit: any): string => deposit.client_action.client_secret.split('_secret_')[0]

test.group('Deposits', (group) => {
  group.each.setup(() => resetAll())

  test('one deposit funds several milestones, and says how much is for each', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject({ amounts: ['600.00', '400.50'] })
    const deposit = await fund(client, milestones)
    assert.equal(deposit.status, 'completed')
    assert.equal(deposit.amount, '1000.50')
    assert.isNull(deposit.milestone)
    assert.sameDeepMembers(deposit.allocations, [
      { milestone_id: milestones[0].id, amount: '600.00' },
      { milestone_id: milestones[1].id, amount: '400.50' },
    ])
    assert.equal(await held(accounts.escrow(milestones[0].id)), '600.00')
    assert.equal(await held(accounts.escrow(milestones[1].id)), '400.50')
    assert.isNotNull(deposit.refundable_until)
    assert.deepEqual(await breaks(), [])
  })

  test('the hosted page is a way to pay, too', async ({ assert }) => {
    const { client, milestone } = await activeProject()
    const deposit = expectData(
      await pay(client, 'payments/deposit', {
        milestone_ids: [milestone.id],
        payment_provider: 'stripe',
        method: 'checkout',
        return_url: 'https://app.example.com/paid',
      }),
      201
    )
    assert.equal(deposit.client_action.type, 'redirect')
    assert.isTrue(sandbox.pay(deposit.provider_transaction_id, { card: 'pm_card_visa' }))
    await settle()
    const shown = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
    assert.equal(shown.status, 'completed')
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
  })

  test('a declined card leaves the deposit open, says why, and another card pays it', async ({
    assert,
  }) => {
    const { client, milestone, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    assert.isFalse(sandbox.confirm(intentOf(deposit), { card: 'pm_card_chargeDeclined' }))
    await settle()
    const shown = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
    assert.equal(shown.status, 'pending')
    assert.match(shown.failure.message, /declined/i)
    assert.isTrue(sandbox.confirm(intentOf(deposit)))
    await settle()
    const paid = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
    assert.equal(paid.status, 'completed')
    assert.isNull(paid.failure)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
  })

  test('a new deposit cancels the unpaid one at the provider first', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    const first = await aDeposit(client, milestones)
    const second = await aDeposit(client, milestones)
    assert.notEqual(first.id, second.id)
    const old = sandbox.paymentIntents.find((intent) => intent.id === intentOf(first))!
    assert.equal(old.status, 'canceled')
    const shown = expectData(await api(client).get(`payments/transactions/${first.id}`))
    assert.equal(shown.status, 'failed')
    assert.equal(shown.failure.code, 'superseded')
    assert.equal(shown.failure.message, 'A new deposit took its place.')
  })

  test('a deposit that was paid before its webhook came is not replaced but applied', async ({
    assert,
  }) => {
    const { client, milestone, milestones } = await activeProject()
    const first = await aDeposit(client, milestones)
    sandbox.webhookMode({ paused: true })
    sandbox.confirm(intentOf(first))
    const second = await pay(client, 'payments/deposit', {
      milestone_ids: [milestone.id],
      payment_provider: 'stripe',
    })
    expectProblem(second, 409, 'already_funded')
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    sandbox.webhookMode({})
    await settle()
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('its payer can cancel it while nothing is paid; nobody else can, and not twice', async () => {
    const { client, freelancer, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    const path = `payments/transactions/${deposit.id}/cancel`
    expectProblem(await api(freelancer).post(path), 403, 'forbidden')
    expectProblem(await api(await aClient()).post(path), 404, 'not_found')
    expectData(await api(client).post(path))
    expectProblem(await api(client).post(path), 409, 'wrong_state')
  })

  test('while it is pending its project cannot be cancelled', async () => {
    const { client, project, milestones } = await activeProject()
    await aDeposit(client, milestones)
    const answer = await api(client).post(`projects/${project.id}/cancel`)
    expectProblem(answer, 409)
  })

  test('it expires when nobody pays, and its milestones are free for another', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    await db
      .from('deposits')
      .where('transaction_id', deposit.id)
      .update({ expires_at: db.raw(`now() - interval '1 second'`) })
    await settlePending({ olderThanSeconds: 0 })
    const shown = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
    assert.equal(shown.status, 'failed')
    assert.equal(shown.failure.code, 'expired')
    assert.equal(sandbox.paymentIntents[0].status, 'canceled')
    await fund(client, milestones)
  })

  test('a provider fee that comes late is booked when it comes, once', async ({
    assert,
    cleanup,
  }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    sandbox.feesComeLate(true)
    cleanup(() => sandbox.feesComeLate(false))
    sandbox.confirm(intentOf(deposit))
    await settle()
    assert.notInclude(await entryKinds(), 'provider_fee')
    sandbox.settleFees()
    await settle()
    await sandbox.deliver(
      sandbox.events.find((event) => event.type === 'charge.updated')!,
      {
        times: 2,
      }
    )
    await settle()
    assert.equal(await held(accounts.providerFee()), '29.30')
    assert.deepEqual(await breaks(), [])
  })

  test('money for a deposit that was closed is kept for its payer and goes back by itself', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject()
    const stray = await aDeposit(client, milestones)
    // As if the provider had said that it was cancelled, and then captured it all the same.
    await db.from('deposit_allocations').where('transaction_id', stray.id).update({ live: false })
    await db.from('deposits').where('transaction_id', stray.id).update({ state: 'closed' })
    await db.from('transactions').where('id', stray.id).update({ status: 'failed' })
    await fund(client, milestones)
    sandbox.confirm(intentOf(stray))
    await settle()

    assert.equal(sandbox.refunds.length, 1)
    assert.equal(sandbox.refunds[0].amount, 100_000)
    assert.equal(await held(accounts.unapplied(client.id)), '0.00')
    assert.equal(await held(accounts.escrow(milestones[0].id)), '1000.00')
    assert.include(await entryKinds(), 'unapplied_received')
    const kinds = expectData(await api(client).get('notifications')).map((one: any) => one.kind)
    assert.include(kinds, 'deposit.returned')
    assert.deepEqual(await breaks(), [])
  })

  test('a second payment that carries the id of a paid deposit goes back by itself', async ({
    assert,
  }) => {
    const { client, milestone, milestones } = await activeProject()
    const deposit = await fund(client, milestones)
    const second = await fetch(`${sandbox.url}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        'authorization': 'Bearer sk_test_local',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        'amount': '100000',
        'currency': 'usd',
        'metadata[transaction_id]': deposit.id,
      }),
    })
    const intent = (await second.json()) as { id: string }
    sandbox.confirm(intent.id)
    await settle()
    await sandbox.deliver(
      sandbox.events.find((event) => event.type === 'charge.succeeded')!,
      { times: 3 }
    )
    await settle()
    assert.equal(sandbox.refunds.length, 1)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.equal(await held(accounts.unapplied(client.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a payment in another amount than asked is booked as unexplained and frozen', async ({
    assert,
  }) => {
    const { client, milestone, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    await db.from('transactions').where('id', deposit.id).update({ amount: 99_999 })
    sandbox.confirm(intentOf(deposit))
    await settle()
    await settlePending({ olderThanSeconds: 0 })
    const shown = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
    assert.equal(shown.status, 'pending')
    assert.equal(shown.failure.code, 'provider_mismatch')
    assert.equal(await held(accounts.suspense()), '1000.00')
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    const again = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    expectProblem(await pay(client, 'payments/deposit', again), 409)
  })

  test('a deposit that the provider refuses is refused again under the same key, not accepted', async () => {
    const { client, milestone, milestones } = await activeProject()
    const key = randomUUID()
    const body = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    const error = { type: 'invalid_request_error', message: 'Your account cannot take payments.' }
    const haveStripeBack = await strangeServer((response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error }))
    })
    expectProblem(await pay(client, 'payments/deposit', body, key), 402, 'provider_declined')
    haveStripeBack()
    expectProblem(await pay(client, 'payments/deposit', body, key), 402, 'provider_declined')
    await fund(client, milestones)
  })

  test('work that is paid for cannot become due after the rail stops holding its money', async () => {
    const { client, project, milestone } = await fundedMilestone()
    const proposal = {
      kind: 'change_milestone',
      milestone_id: milestone.id,
      changes: { due_date: inDays(900) },
    }
    expectProblem(await api(client).post(`projects/${project.id}/proposals`, proposal), 422)
  })

  test('what a rail cannot take is refused before anybody pays', async () => {
    const cheap = await activeProject({ amounts: ['0.10'] })
    const wanted = (milestone: { id: string }) => ({
      milestone_ids: [milestone.id],
      payment_provider: 'stripe',
    })
    expectProblem(await pay(cheap.client, 'payments/deposit', wanted(cheap.milestone)), 422)
    const dear = await activeProject({ amounts: ['1000000.00'] })
    expectProblem(await pay(dear.client, 'payments/deposit', wanted(dear.milestone)), 422)
    const late = await activeProject({ dueInDays: 800 })
    expectProblem(await pay(late.client, 'payments/deposit', wanted(late.milestone)), 422)
  })

  test('a replay of the same key brings the same deposit, its secret fetched anew', async ({
    assert,
  }) => {
    const { client, milestone } = await activeProject()
    const body = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    const key = randomUUID()
    const first = expectData(await pay(client, 'payments/deposit', body, key), 201)
    const answer = await pay(client, 'payments/deposit', body, key)
    const again = expectData(answer, 201)
    assert.equal(answer.headers.get('idempotent-replayed'), 'true')
    assert.equal(again.id, first.id)
    assert.equal(again.client_action.client_secret, first.client_action.client_secret)
    assert.equal(sandbox.paymentIntents.length, 1)
    const stored = await db.from('idempotency_keys').where('key', key).firstOrFail()
    assert.notInclude(JSON.stringify(stored), '_secret_')
    expectProblem(
      await pay(
        client,
        'payments/deposit',
        { ...body, method: 'checkout', return_url: 'https://x.example' },
        key
      ),
      422,
      'idempotency_key_reused'
    )
  })

  test('only the client of an active project funds it, with a verified address', async () => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const body = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    expectProblem(await pay(freelancer, 'payments/deposit', body), 403)
    expectProblem(await pay(await aClient(), 'payments/deposit', body), 404)
    expectProblem(await pay(client, 'payments/deposit', body), 409, 'already_funded')
    const unverified = await aClient({ verified: false })
    expectProblem(await pay(unverified, 'payments/deposit', body), 403, 'email_not_verified')
    expectProblem(await api(client).post('payments/deposit', body), 400, 'idempotency_key_required')
  })
})
