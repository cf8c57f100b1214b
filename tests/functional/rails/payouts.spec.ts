import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { bookPayout } from '#escrow/apply_payout'
import { repayReturned } from '#escrow/repay_returned'
import { sendPayout } from '#escrow/send_payout'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { aPayoutAccount, pay, submittedMilestone } from '#tests/support/projects'
import { impatient } from '#tests/support/rails'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import type User from '#models/user'
import { providerFor } from '#payments/registry'
import { aFreelancer } from '#tests/support/users'

const DAY = 86_400_000

const payoutOf = async (freelancer: User) =>
  expectData(await api(freelancer).get('payments/payouts'))[0]

async function approved(options: Parameters<typeof submittedMilestone>[0]) {
  const found = await submittedMilestone(options)
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  return found
}

test.group('Payouts by PayPal and Venmo', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = impatient()
    return () => {
      for (const each of [sandbox, paypalSandbox]) each.clearFaults()
      restore()
    }
  })

  for (const provider of ['paypal', 'venmo'] as const) {
    test(`${provider}: a release is paid out to the address that the freelancer named, and its fee is ours`, async ({
      assert,
    }) => {
      const { freelancer } = await approved({ provider })
      await settle()
      const payout = await payoutOf(freelancer)
      assert.equal(payout.state, 'paid')
      assert.equal(payout.amount, '900.00')
      const [item] = paypalSandbox.payoutItems
      assert.equal(item.payout_item.receiver, freelancer.email)
      assert.equal(item.payout_item.recipient_wallet, provider.toUpperCase())
      assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
      // 35.39 of the deposit and 0.25 of the payout, as the stand-in takes them.
      assert.equal(await held(accounts.providerFee()), '35.64')
      assert.deepEqual(await breaks(), [])
    })
  }

  test('paid in by Stripe and out by PayPal, it draws on the balance there, and waits until that covers it', async ({
    assert,
  }) => {
    paypalSandbox.withdraw(9_950_000)
    const { freelancer } = await approved({ provider: 'stripe', payoutProvider: 'paypal' })
    await settle()
    const waiting = await payoutOf(freelancer)
    assert.equal(waiting.state, 'waiting')
    assert.match(waiting.wait_reason, /balance at the payment provider does not cover/)
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')

    paypalSandbox.topUp(100_000)
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    const paid = await payoutOf(freelancer)
    assert.equal(paid.state, 'paid')
    assert.equal(paid.payment_provider, 'paypal')
    assert.equal(paypalSandbox.payoutItems.length, 1)
    assert.equal(sandbox.transfers.length, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('two payouts that together exceed the balance of their rail do not both count on it', async ({
    assert,
  }) => {
    paypalSandbox.withdraw(9_900_000)
    const first = await submittedMilestone({ provider: 'stripe', payoutProvider: 'paypal' })
    const second = await submittedMilestone({ provider: 'stripe', payoutProvider: 'paypal' })
    for (const { client, milestone } of [first, second]) {
      expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    }
    const ids = await db.from('transactions').where('transaction_type', 'payout').select('id')
    await Promise.all(ids.map(({ id }) => sendPayout(id)))
    await settle()
    const states = await db.from('payouts').select('state')
    assert.sameMembers(
      states.map(({ state }) => state),
      ['paid', 'waiting']
    )
    assert.equal(paypalSandbox.payoutItems.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('paid in by PayPal and out by Stripe, the transfer draws on our balance and names no charge', async ({
    assert,
  }) => {
    const { freelancer } = await approved({ provider: 'paypal', payoutProvider: 'stripe' })
    await settle()
    assert.equal((await payoutOf(freelancer)).state, 'paid')
    assert.equal(sandbox.transfers.length, 1)
    assert.isNull(sandbox.transfers[0].source_transaction)
    assert.equal(await held(accounts.clearing('stripe')), '-900.00')
    assert.deepEqual(await breaks(), [])
  })

  test('UNCLAIMED counted as paid: what its recipient has not claimed is not paid, and says why', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    paypalSandbox.withoutAccount(freelancer.email)
    await approved({ provider: 'paypal', freelancer })
    await settle()
    const unclaimed = await payoutOf(freelancer)
    assert.equal(unclaimed.state, 'in_transit')
    assert.equal(unclaimed.status, 'pending')
    assert.match(unclaimed.wait_reason, /claimed/)
    assert.equal(await held(accounts.payoutInTransit(unclaimed.id)), '900.00')

    paypalSandbox.advance(31 * DAY)
    await settle()
    await settlePending({ olderThanSeconds: 0 })
    const returned = await payoutOf(freelancer)
    assert.equal(returned.state, 'failed')
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
    assert.equal(await held(accounts.payoutInTransit(unclaimed.id)), '0.00')
    assert.deepEqual(await breaks(), [])

    await aPayoutAccount(freelancer, 'stripe')
    const [other] = await db.from('payout_accounts').where('payment_provider', 'stripe')
    expectData(
      await api(freelancer).put(`payments/payout-accounts/${other.id}`, { is_default: true })
    )
    await settle()
    assert.equal((await payoutOf(freelancer)).state, 'paid')
    assert.equal(sandbox.transfers.length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('the same news of an attempt that came back, told twice at once, ends that one and books its fee once', async ({
    assert,
  }) => {
    paypalSandbox.planPayout('UNCLAIMED')
    const { freelancer } = await approved({ provider: 'paypal' })
    await settle()
    paypalSandbox.webhookMode({ paused: true })
    const [item] = paypalSandbox.payoutItems
    paypalSandbox.setPayoutItem(item.payout_item_id, 'RETURNED')
    const { id, provider_transaction_id: batch } = await db
      .from('transactions')
      .where('transaction_type', 'payout')
      .firstOrFail()
    const provider = providerFor('paypal')
    const news = await provider.getPayout(batch)

    // Both have found it before either books it; and the next attempt has begun before the second does.
    await inTransaction((trx) => bookPayout(trx, id, news))
    const fees = () =>
      db.from('journal_entries').where('kind', 'provider_fee').where('transaction_id', id)
    assert.lengthOf(await fees(), 1)
    await inTransaction((trx) => bookPayout(trx, id, news))
    assert.lengthOf(await fees(), 1)
    await aPayoutAccount(freelancer, 'stripe')
    const [other] = await db.from('payout_accounts').where('payment_provider', 'stripe')
    sandbox.webhookMode({ paused: true })
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'reset', times: 2 })
    await api(freelancer).put(`payments/payout-accounts/${other.id}`, { is_default: true })
    await drain({ mayFail: true })
    assert.equal((await payoutOf(freelancer)).state, 'in_transit')
    await inTransaction((trx) => bookPayout(trx, id, news))
    assert.equal((await payoutOf(freelancer)).state, 'in_transit')

    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal((await payoutOf(freelancer)).state, 'paid')
    assert.lengthOf(sandbox.transfers, 1)
    assert.lengthOf(await fees(), 1)
    assert.deepEqual(await breaks(), [])
  })

  for (const status of ['PENDING', 'ONHOLD'] as const) {
    test(`${status} is not paid, and settles when it is`, async ({ assert }) => {
      paypalSandbox.planPayout(status)
      const { freelancer } = await approved({ provider: 'paypal' })
      await settle()
      assert.equal((await payoutOf(freelancer)).state, 'in_transit')
      paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id, 'SUCCESS')
      await settle()
      assert.equal((await payoutOf(freelancer)).state, 'paid')
      assert.deepEqual(await breaks(), [])
    })
  }

  for (const status of ['FAILED', 'BLOCKED'] as const) {
    test(`${status} is owed again, and another try is another batch`, async ({ assert }) => {
      paypalSandbox.planPayout(status)
      const { freelancer } = await approved({ provider: 'paypal' })
      await settle()
      assert.equal((await payoutOf(freelancer)).state, 'failed')
      assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
      const [account] = await db.from('payout_accounts')
      expectData(
        await api(freelancer).put(`payments/payout-accounts/${account.id}`, { is_default: true })
      )
      await settle()
      assert.equal((await payoutOf(freelancer)).state, 'paid')
      assert.equal(paypalSandbox.payoutBatches.length, 2)
      assert.deepEqual(await breaks(), [])
    })
  }

  for (const status of ['RETURNED', 'REFUNDED', 'REVERSED'] as const) {
    test(`what comes back as ${status} after it was paid is owed again, and sent again once on somebody's word`, async ({
      assert,
    }) => {
      const { freelancer } = await approved({ provider: 'paypal' })
      await settle()
      paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id, status)
      await settle()
      const payout = await payoutOf(freelancer)
      assert.equal(payout.state, 'returned')
      assert.equal(payout.returned_amount, '900.00')
      assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
      assert.deepEqual(await breaks(), [])

      const why = {
        actor: { type: 'operator' as const, name: 'finance@safesend.example' },
        reason: 'The address is confirmed now.',
      }
      await repayReturned(payout.id, why)
      await assert.rejects(() => repayReturned(payout.id, why), /Nothing that came back/)
      await settle()
      const again = await payoutOf(freelancer)
      assert.equal(again.repays, payout.id)
      assert.equal(again.state, 'paid')
      await assert.rejects(() => repayReturned(payout.id, why), /Nothing that came back/)
      assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
      assert.deepEqual(await breaks(), [])
    })
  }

  test('A new key after an ambiguous payout failure paid twice: the same batch id is sent until PayPal answers', async ({
    assert,
  }) => {
    const { freelancer } = await approved({ provider: 'paypal' })
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.failNext('POST /v1/payments/payouts', { at: 'after', with: 'timeout', times: 3 })
    for (let turn = 0; turn < 4; turn++) {
      await drain({ mayFail: true, retryNow: true })
      await settlePending({ olderThanSeconds: 0 })
    }
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await payoutOf(freelancer)).state, 'paid')
    assert.equal(paypalSandbox.payoutBatches.length, 1)
    assert.equal(paypalSandbox.payoutItems.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a freelancer names an address that PayPal or Venmo can pay, and hears what is wrong with another', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const add = (body: object) => api(freelancer).post('payments/payout-accounts', body)
    for (const [provider, destination] of [
      ['paypal', undefined],
      ['paypal', 'nobody'],
      ['paypal', '+14155550123'],
      ['venmo', 'nobody'],
      ['venmo', '+4930123456'],
      ['stripe', 'frank@example.com'],
    ]) {
      const refused = await add({ payment_provider: provider, destination, country: 'US' })
      const { errors } = expectProblem(refused, 422, 'validation_failed')
      assert.equal(errors[0].field, 'destination', `${provider} ${destination}`)
    }
    expectProblem(
      await add({ payment_provider: 'venmo', destination: '+14155550123', country: 'DE' }),
      422,
      'validation_failed'
    )
    const venmo = expectData(
      await add({ payment_provider: 'venmo', destination: '(415) 555-0123' }),
      201
    )
    assert.equal(venmo.destination, '+14155550123')
    assert.equal(venmo.status, 'enabled')
    const paypal = expectData(
      await add({ payment_provider: 'paypal', destination: ' Frank@Example.com ' }),
      201
    )
    const again = expectData(
      await add({ payment_provider: 'paypal', destination: 'frank@example.com' }),
      201
    )
    assert.equal(again.id, paypal.id)
    const path = `payments/payout-accounts/${paypal.id}`
    expectData(await api(freelancer).put(path, { is_default: true }))
    const told = await db.from('notifications').where('user_id', freelancer.id).orderBy('seq')
    assert.deepEqual(
      told.map(({ kind, data }) => `${kind} ${data.destination}`),
      [
        'payout_account.added +14155550123',
        'payout_account.added frank@example.com',
        'payout_account.made_default frank@example.com',
      ]
    )
    const link = await api(freelancer).post(
      `payments/payout-accounts/${paypal.id}/onboarding-link`,
      {}
    )
    expectProblem(link, 409, 'no_onboarding')
  })
})
