import { test } from '@japa/runner'
import type Stripe from 'stripe'
import { stripeContract } from '../../sandbox/contract/validator.js'
import { StripeSandbox } from '../../sandbox/stripe/index.js'
import { funded, refusal, sdkFor } from './stripe_helpers.js'

const contract = stripeContract(process.env.PROVIDER_SPECS ?? '')
const seen = new Set<string>()

test.group('Stripe contract', (group) => {
  let sandbox: StripeSandbox
  let stripe: Stripe

  group.setup(async () => {
    sandbox = new StripeSandbox({ availableAfterMs: 0 })
    sandbox.onExchange((exchange) => {
      if (exchange.status === 200) seen.add(`${exchange.method} ${exchange.template}`)
      contract.check(exchange)
    })
    await sandbox.start()
    stripe = sdkFor(sandbox.url)
    return () => sandbox.stop()
  })
  group.each.setup(() => sandbox.reset())
  group.each.teardown(() => {
    contract.violations.length = 0
  })

  /** Everything exchanged in this test, and every event it caused, is as documented. */
  const allAsDocumented = () => {
    for (const event of sandbox.events) contract.checkEvent(event)
    return contract.violations
  }

  test('connected accounts and their links are as documented', async ({ assert }) => {
    const { account } = await funded(sandbox, stripe)
    await stripe.accounts.retrieve(account)
    await stripe.accounts.update(account, {
      metadata: { user: '1' },
      settings: { payouts: { schedule: { interval: 'manual' } } },
    })
    await stripe.accounts.list({ limit: 1 })
    await stripe.accounts.listCapabilities(account)
    await stripe.accounts.retrieveCapability(account, 'transfers')
    await stripe.accounts.createLoginLink(account)
    await stripe.accountLinks.create({
      account,
      type: 'account_onboarding',
      refresh_url: 'https://example.com/again',
      return_url: 'https://example.com/back',
    })
    sandbox.restrictAccount(account)
    await stripe.accounts.retrieve(account)
    sandbox.setAccountState(account, {
      capabilities: 'pending',
      pendingVerification: ['individual.id_number'],
      eventuallyDue: ['individual.ssn_last_4'],
      disabledReason: 'requirements.pending_verification',
    })
    await stripe.accounts.retrieve(account)
    await stripe.accounts.reject(account, { reason: 'other' })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('payment intents and charges are as documented, paid and declined', async ({ assert }) => {
    const { intent, charge } = await funded(sandbox, stripe)
    await stripe.paymentIntents.retrieve(intent, {
      expand: ['latest_charge.balance_transaction', 'payment_method'],
    })
    await stripe.paymentIntents.list({
      limit: 3,
      created: { gte: 1 },
      expand: ['data.latest_charge'],
    })
    await stripe.paymentIntents.search({ query: "metadata['transaction_id']:'deposit-1'" })
    const paid = await stripe.paymentIntents.retrieve(intent)
    await stripe.paymentMethods.retrieve(String(paid.payment_method))
    await stripe.charges.retrieve(charge, { expand: ['refunds'] })
    await stripe.charges.update(charge, { description: 'Milestone' })
    await stripe.charges.list({ transfer_group: 'project-1' })
    await stripe.charges.search({ query: "status:'succeeded'" })

    const other = await stripe.paymentIntents.create({ amount: 5000, currency: 'usd' })
    await stripe.paymentIntents.update(other.id, { metadata: { a: 'b' } })
    const browser = sdkFor(sandbox.url, {}, 'pk_test_suite')
    const declined = await refusal(
      // The SDK is for servers and does not type what a browser sends.
      browser.paymentIntents.confirm(other.id, {
        client_secret: other.client_secret,
        payment_method: 'pm_card_chargeDeclined',
      } as Stripe.PaymentIntentConfirmParams)
    )
    assert.equal(declined.type, 'StripeCardError')
    await browser.paymentIntents.retrieve(other.id, { client_secret: other.client_secret ?? '' })
    await stripe.paymentIntents.cancel(other.id, { cancellation_reason: 'abandoned' })
    const direct = await stripe.paymentIntents.create({ amount: 5000, currency: 'usd' })
    await stripe.paymentIntents.confirm(direct.id, { payment_method: 'pm_card_mastercard' })
    const secured = await stripe.paymentIntents.create({
      amount: 5000,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_authenticationRequired',
      return_url: 'https://example.com/back',
    })
    assert.equal(secured.next_action?.type, 'redirect_to_url')
    sandbox.authenticate(secured.id, false)
    await stripe.paymentIntents.retrieve(secured.id)
    assert.deepEqual(allAsDocumented(), [])
  })

  test('checkout sessions are as documented', async ({ assert }) => {
    const create = () =>
      stripe.checkout.sessions.create({
        mode: 'payment',
        line_items: [
          {
            quantity: 1,
            price_data: { currency: 'usd', unit_amount: 100_000, product_data: { name: 'Design' } },
          },
        ],
        payment_intent_data: { transfer_group: 'project-1', metadata: { transaction_id: '1' } },
        success_url: 'https://example.com/ok?session={CHECKOUT_SESSION_ID}',
        cancel_url: 'https://example.com/no',
        metadata: { transaction_id: '1' },
      })
    const session = await create()
    sandbox.pay(session.id)
    const paid = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['line_items', 'payment_intent.latest_charge'],
    })
    assert.equal(paid.payment_status, 'paid')
    const intent = (paid.payment_intent as Stripe.PaymentIntent).id
    const found = await stripe.checkout.sessions.list({ payment_intent: intent })
    assert.equal(found.data[0].id, session.id)
    await stripe.checkout.sessions.listLineItems(session.id)
    const left = await create()
    await stripe.checkout.sessions.expire(left.id)
    assert.deepEqual(allAsDocumented(), [])
  })

  test('transfers, reversals and refunds are as documented', async ({ assert }) => {
    const { account, charge, intent } = await funded(sandbox, stripe)
    const transfer = await stripe.transfers.create({
      amount: 60_000,
      currency: 'usd',
      destination: account,
      source_transaction: charge,
      metadata: { transaction_id: 'release-1' },
    })
    const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 10_000 })
    await stripe.transfers.retrieveReversal(transfer.id, reversal.id)
    await stripe.transfers.listReversals(transfer.id)
    await stripe.transfers.retrieve(transfer.id, {
      expand: ['destination_payment', 'balance_transaction'],
    })
    await stripe.transfers.update(transfer.id, { metadata: { seen: 'yes' } })
    await stripe.transfers.list({ transfer_group: 'project-1', destination: account })
    const refund = await stripe.refunds.create({ charge, amount: 20_000, metadata: { a: '1' } })
    await stripe.refunds.create({ payment_intent: intent, reason: 'requested_by_customer' })
    await stripe.refunds.update(refund.id, { metadata: { a: '2' } })
    await stripe.refunds.retrieve(refund.id, { expand: ['balance_transaction', 'charge'] })
    await stripe.refunds.list({ payment_intent: intent })
    sandbox.failRefund(refund.id)
    const slow = await funded(sandbox, stripe, 'pm_card_pendingRefund')
    const waiting = await stripe.refunds.create({ charge: slow.charge })
    assert.equal(waiting.pending_reason, 'processing')
    sandbox.settleRefund(waiting.id)
    await stripe.refunds.retrieve(refund.id, { expand: ['failure_balance_transaction'] })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('payouts, balances and their transactions are as documented', async ({ assert }) => {
    const { account, charge } = await funded(sandbox, stripe)
    await stripe.transfers.create({
      amount: 60_000,
      currency: 'usd',
      destination: account,
      source_transaction: charge,
    })
    const own = await stripe.payouts.create({ amount: 1000, currency: 'usd', metadata: { a: '1' } })
    await stripe.payouts.cancel(own.id)
    const theirs = await stripe.payouts.create(
      { amount: 1000, currency: 'usd' },
      { stripeAccount: account }
    )
    sandbox.advance(3 * 24 * 3_600_000)
    const paid = await stripe.payouts.retrieve(theirs.id, {}, { stripeAccount: account })
    assert.equal(paid.status, 'paid')
    sandbox.failPayout(theirs.id)
    await stripe.payouts.update(own.id, { metadata: { a: '2' } })
    await stripe.payouts.list({ status: 'failed' }, { stripeAccount: account })
    const automatic = sandbox.payAutomatically(account)
    const carried = await stripe.balanceTransactions.list(
      { payout: automatic },
      { stripeAccount: account }
    )
    assert.isAbove(carried.data.length, 1)
    await stripe.balance.retrieve()
    const list = await stripe.balanceTransactions.list({
      created: { gte: 1, lte: 9_999_999_999 },
      type: 'payout',
      expand: ['data.source'],
    })
    await stripe.balanceTransactions.retrieve(list.data[0].id)
    sandbox.adjustBalance({ type: 'stripe_fee', amount: -200, description: 'Connect, November' })
    await stripe.balanceTransactions.list({ type: 'stripe_fee' })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('top-ups are as documented', async ({ assert }) => {
    const topUp = await stripe.topups.create({
      amount: 5000,
      currency: 'usd',
      description: 'Float',
    })
    assert.equal(topUp.status, 'pending')
    await stripe.topups.update(topUp.id, { metadata: { a: '1' } })
    await stripe.topups.cancel((await stripe.topups.create({ amount: 1, currency: 'usd' })).id)
    sandbox.advance(2 * 24 * 3_600_000)
    await stripe.topups.retrieve(topUp.id, { expand: ['balance_transaction'] })
    sandbox.reverseTopUp(sandbox.topUp(700))
    const arrived = await stripe.topups.list({ status: 'succeeded' })
    assert.include(
      arrived.data.map(({ id }) => id),
      topUp.id
    )
    await stripe.balanceTransactions.list({ type: 'topup', expand: ['data.source'] })
    await stripe.balanceTransactions.list({ type: 'topup_reversal' })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('a dispute is as documented in every status', async ({ assert }) => {
    const { charge } = await funded(sandbox, stripe)
    for (const status of ['won', 'lost', 'prevented', 'warning_closed', 'warning_under_review']) {
      await stripe.disputes.retrieve(sandbox.openDispute(charge, { status }))
    }
    const inquiry = sandbox.openDispute(charge, { status: 'warning_needs_response' })
    await stripe.disputes.update(inquiry, { evidence: { customer_name: 'Cleo Client' } })
    sandbox.escalateInquiry(inquiry)
    await stripe.disputes.retrieve(inquiry, { expand: ['balance_transactions'] })
    sandbox.closeDispute(inquiry, 'lost')
    sandbox.reopenDispute(inquiry)
    const appealed = await stripe.disputes.update(inquiry, {
      evidence: { appeal: { card: { reason_for_filing: 'It was delivered.' } } },
    })
    assert.equal(appealed.status, 'appeal_under_review')
    sandbox.closeDispute(inquiry, 'won', { feeReturned: true })
    const { balance_transactions: moved } = await stripe.disputes.retrieve(inquiry)
    assert.deepEqual(
      moved.map(({ net }) => net),
      [-101_500, 101_500]
    )
    await stripe.disputes.list({ charge, limit: 100 })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('disputes and events are as documented', async ({ assert }) => {
    const { charge } = await funded(sandbox, stripe)
    const dispute = sandbox.openDispute(charge, { amount: 40_000 })
    await stripe.disputes.update(dispute, { evidence: { uncategorized_text: 'winning_evidence' } })
    await stripe.disputes.retrieve(dispute, { expand: ['charge'] })
    await stripe.disputes.close(sandbox.openDispute(charge))
    sandbox.openDispute(charge, { status: 'warning_needs_response' })
    await stripe.disputes.list({ charge })
    const events = await stripe.events.list({
      types: ['charge.dispute.closed'],
      delivery_success: true,
    })
    assert.lengthOf(events.data, 2)
    await stripe.events.retrieve(events.data[0].id)
    assert.deepEqual(allAsDocumented(), [])
  })

  test('refusals are as documented', async ({ assert }) => {
    const { account, charge } = await funded(sandbox, stripe)
    const asked = [
      stripe.charges.retrieve('ch_none'),
      stripe.transfers.create({
        amount: 100_001,
        currency: 'usd',
        destination: account,
        source_transaction: charge,
      }),
      stripe.paymentIntents.create({ amount: 1, currency: 'usd' }),
      sdkFor(sandbox.url, {}, 'sk_wrong').balance.retrieve(),
      stripe.balance.retrieve({}, { stripeAccount: 'acct_none' }),
    ]
    const refused = await Promise.all(asked.map(refusal))
    const codes = refused.map((error) => error.statusCode)
    assert.deepEqual(codes, [404, 400, 400, 401, 403])
    assert.deepEqual(allAsDocumented(), [])
  })

  test('the validator refuses a wrong request', async ({ assert }) => {
    const wrong = { amount: 'ten', currency: 'usd' } as unknown as Stripe.PaymentIntentCreateParams
    await refusal(stripe.paymentIntents.create(wrong))
    const invented = { amount: 100, currency: 'usd', escrow: 'yes' }
    await refusal(stripe.paymentIntents.create(invented as Stripe.PaymentIntentCreateParams))
    await refusal(stripe.transfers.create({ currency: 'usd' } as Stripe.TransferCreateParams))
    await refusal(
      stripe.refunds.create({
        charge: 'ch_x',
        reason: 'regret',
      } as unknown as Stripe.RefundCreateParams)
    )
    await refusal(stripe.rawRequest('POST', '/v1/escrows', {}))
    const found = allAsDocumented().map(({ side, at, message }) => [side, at, message])
    assert.deepEqual(
      found.map(([side]) => side),
      ['request', 'request', 'request', 'request', 'request']
    )
    assert.deepEqual(found[0].slice(1), ['/amount', 'must be integer'])
    assert.equal(found[1][2], 'must NOT have additional properties: escrow')
    assert.match(String(found[2][2]), /required property/)
    assert.equal(found[3][1], '/reason')
    assert.match(String(found[4][2]), /no such operation/)
  })

  test('the validator refuses a wrong answer', async ({ assert }) => {
    const { intent } = await funded(sandbox, stripe)
    const good = await stripe.paymentIntents.retrieve(intent, { expand: ['latest_charge'] })
    const answered = (body: unknown, status = 200) => {
      const exchange = {
        method: 'GET',
        template: '/v1/payment_intents/{intent}',
        params: {},
        status,
        body,
      }
      return contract.check(exchange).map(({ at, message }) => `${at} ${message}`)
    }
    const charge = good.latest_charge as Stripe.Charge
    assert.deepEqual(answered(good), [])
    assert.deepEqual(answered({ ...good, amount: '100000' }), ['/amount must be integer'])
    assert.lengthOf(answered({ ...good, currency: undefined }), 1)
    assert.match(answered({ ...good, status: 'escrowed' })[0], /^\/status must be equal/)
    assert.match(answered({ ...good, escrow: 1 })[0], /additional properties: escrow/)
    assert.match(
      answered({ ...good, latest_charge: { ...charge, paid: 'yes' } }).join(),
      /latest_charge\/paid must be boolean/
    )
    assert.lengthOf(answered({ error: { message: 'no type' } }, 400), 1)
    assert.isNotEmpty(answered({ message: 'no error' }, 404))
    assert.lengthOf(
      contract.checkEvent({ type: 'x', data: { object: { object: 'refund', id: 1 } } }),
      1
    )
  })

  test('every operation of the stand-in was answered in this suite', ({ assert }) => {
    const missed = sandbox.operations.filter((operation) => !seen.has(operation))
    assert.deepEqual(missed, [])
  })
})
