import { test } from '@japa/runner'
import { PayPalContract } from '../../sandbox/contract/paypal.js'
import { PayPalSandbox } from '../../sandbox/paypal/index.js'
import {
  anOrder,
  captured,
  Client,
  DAY,
  orderFor,
  paidOut,
  payoutFor,
  reported,
  usd,
  WEBHOOK,
} from './paypal_helpers.js'

const contract = new PayPalContract(process.env.PROVIDER_SPECS ?? '')
const seen = new Set<string>()

test.group('PayPal contract', (group) => {
  let sandbox: PayPalSandbox
  let client: Client

  group.setup(async () => {
    sandbox = new PayPalSandbox({
      webhooks: [{ id: WEBHOOK.paypal, url: 'http://127.0.0.1:9/nobody' }],
      webhookRetryDelaysMs: [],
    })
    sandbox.onExchange((exchange) => {
      if (exchange.status < 300) seen.add(`${exchange.method} ${exchange.template}`)
      contract.check(exchange)
    })
    await sandbox.start()
    client = new Client(sandbox)
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

  test('orders are as documented from creation to capture, brief and whole', async ({ assert }) => {
    await client.token()
    for (const wallet of ['paypal', 'venmo']) {
      for (const whole of [false, true]) {
        const how = { requestId: `${wallet} ${whole}`, whole }
        const { body } = await client.post(
          '/v2/checkout/orders',
          orderFor('10.00', { wallet }),
          how
        )
        sandbox.approve(body.id)
        await client.get(`/v2/checkout/orders/${body.id}`)
        const path = `/v2/checkout/orders/${body.id}/capture`
        assert.equal((await client.post(path, {}, how)).status, 201)
        assert.equal((await client.post(path, {}, how)).status, 200)
        await client.get(`/v2/checkout/orders/${body.id}`)
      }
    }
    const { intent, purchase_units: units } = orderFor('10.00')
    await client.post('/v2/checkout/orders', {
      intent,
      purchase_units: units,
      application_context: { return_url: 'https://example.com/ok' },
    })
    assert.deepEqual(allAsDocumented(), [])
  })

  test('captures that wait, fail and are reversed are as documented', async ({ assert }) => {
    const waiting = await captured(client, '10.00', { instrument: { instrument: 'echeck' } })
    await client.get(`/v2/payments/captures/${waiting.capture}`)
    sandbox.settleCapture(waiting.capture)
    await client.get(`/v2/payments/captures/${waiting.capture}`)
    const reviewed = await captured(client, '10.00', { instrument: { instrument: 'review' } })
    sandbox.declineCapture(reviewed.capture)
    await client.get(`/v2/checkout/orders/${reviewed.order}`)
    await captured(client, '10.00', { instrument: { instrument: 'refused' } })
    sandbox.reverseCapture(waiting.capture)
    await client.get(`/v2/payments/captures/${waiting.capture}`)
    const order = await anOrder(client)
    sandbox.approve(order)
    sandbox.reverseApproval(order)
    assert.includeMembers(
      sandbox.events.map(({ event_type: type }) => type),
      [
        'CHECKOUT.PAYMENT-APPROVAL.REVERSED',
        'PAYMENT.CAPTURE.COMPLETED',
        'PAYMENT.CAPTURE.DECLINED',
        'PAYMENT.CAPTURE.DENIED',
        'PAYMENT.CAPTURE.PENDING',
        'PAYMENT.CAPTURE.REVERSED',
      ]
    )
    assert.deepEqual(allAsDocumented(), [])
  })

  test('refunds are as documented, whole, in part, and late', async ({ assert }) => {
    const { capture, order } = await captured(client, '100.00')
    const path = `/v2/payments/captures/${capture}/refund`
    const wanted = {
      amount: usd('30.00'),
      invoice_id: 'r-1',
      custom_id: 'r-1',
      note_to_payer: 'No.',
    }
    const { body } = await client.post(path, wanted, { whole: true, requestId: 'r-1' })
    await client.post(path, wanted, { whole: true, requestId: 'r-1' })
    await client.get(`/v2/payments/refunds/${body.id}`)
    sandbox.refundsPend(true)
    const late = await client.post(path, { amount: usd('10.00') })
    sandbox.settleRefund(late.body.id)
    const lost = await client.post(path, { amount: usd('10.00') })
    sandbox.failRefund(lost.body.id)
    await client.get(`/v2/payments/refunds/${lost.body.id}`)
    sandbox.refundsPend(false)
    await client.post(path)
    const { body: after } = await client.get(`/v2/checkout/orders/${order}`)
    assert.equal(after.purchase_units[0].payments.captures[0].status, 'REFUNDED')
    assert.lengthOf(after.purchase_units[0].payments.refunds, 4)
    assert.deepEqual(allAsDocumented(), [])
  })

  test('payouts are as documented in every state', async ({ assert }) => {
    const states = [
      ...(['SUCCESS', 'FAILED', 'PENDING', 'UNCLAIMED', 'RETURNED', 'ONHOLD', 'BLOCKED'] as const),
      ...(['REFUNDED', 'REVERSED'] as const),
    ]
    for (const state of states) {
      const { item, batch } = await paidOut(client, '5.00')
      sandbox.setPayoutItem(item, state)
      await client.get(`/v1/payments/payouts-item/${item}`)
      await client.get(`/v1/payments/payouts/${batch}?total_required=true&page_size=1&page=1`)
    }
    sandbox.planPayout('UNCLAIMED')
    const { item } = await paidOut(client, '5.00', { recipient_wallet: 'VENMO' })
    assert.equal((await client.post(`/v1/payments/payouts-item/${item}/cancel`)).status, 200)
    sandbox.planPayout('DENIED')
    await paidOut(client, '5.00')
    assert.deepEqual(allAsDocumented(), [])
  })

  test('disputes are as documented in every stage and with every answer', async ({ assert }) => {
    const dispute = async (stage: 'INQUIRY' | 'CHARGEBACK') => {
      const { capture } = await captured(client, '50.00')
      return sandbox.openDispute(capture, { stage })
    }
    const path = (id: string, action = '') => `/v1/customer/disputes/${id}${action}`
    const chargeback = await dispute('CHARGEBACK')
    await client.get(path(chargeback))
    const evidence = { evidence_type: 'PROOF_OF_FULFILLMENT', notes: 'Delivered.' }
    const told = { evidences: [evidence] }
    assert.equal((await client.post(path(chargeback, '/provide-evidence'), told)).status, 200)
    await client.get(path(chargeback))
    sandbox.resolveDispute(chargeback, 'buyer')
    sandbox.reopenDispute(chargeback)
    await client.get(path(chargeback))
    sandbox.resolveDispute(chargeback, 'seller')
    await client.get(path(chargeback))
    const claim = await dispute('CHARGEBACK')
    assert.equal((await client.post(path(claim, '/accept-claim'))).status, 200)
    const inquiry = await dispute('INQUIRY')
    await client.get(path(inquiry))
    const offer = { note: 'Half of it?', offer_type: 'REFUND', offer_amount: usd('25.00') }
    assert.equal((await client.post(path(inquiry, '/make-offer'), offer)).status, 200)
    await client.get(path(inquiry))
    sandbox.answerOffer(inquiry, false)
    assert.equal(
      (await client.post(path(inquiry, '/escalate'), { note: 'You decide.' })).status,
      200
    )
    await client.get('/v1/customer/disputes?page_size=2')
    await client.get('/v1/customer/disputes?dispute_state=RESOLVED')
    sandbox.resolveDispute(inquiry, 'cancelled')
    assert.deepEqual(allAsDocumented(), [])
  })

  test('events, their list, their resending and their signatures are as documented', async ({
    assert,
  }) => {
    await captured(client)
    const { body: list } = await client.get('/v1/notifications/webhooks-events?page_size=1')
    const next = list.links.find(({ rel }: { rel: string }) => rel === 'next')
    await client.get(next.href)
    const [event] = list.events
    await client.get(`/v1/notifications/webhooks-events/${event.id}`)
    const resend = `/v1/notifications/webhooks-events/${event.id}/resend`
    assert.equal((await client.post(resend, { webhook_ids: [WEBHOOK.paypal] })).status, 202)
    const { headers } = sandbox.signedPayload(event)
    const { body } = await client.post('/v1/notifications/verify-webhook-signature', {
      auth_algo: headers['paypal-auth-algo'],
      cert_url: headers['paypal-cert-url'],
      transmission_id: headers['paypal-transmission-id'],
      transmission_sig: headers['paypal-transmission-sig'],
      transmission_time: headers['paypal-transmission-time'],
      webhook_id: WEBHOOK.paypal,
      webhook_event: event,
    })
    assert.equal(body.verification_status, 'SUCCESS')
    assert.deepEqual(allAsDocumented(), [])
  })

  test('reports are as documented, with rows and without', async ({ assert }) => {
    await captured(client)
    await paidOut(client)
    sandbox.openDispute((await captured(client)).capture)
    sandbox.withdraw(100)
    await reported(client, { page_size: '3', fields: 'all' })
    await reported(client, { transaction_type: 'T0006', balance_affecting_records_only: 'N' })
    const { body } = await reported(client, { transaction_status: 'D' })
    assert.equal(body.total_items, 0)
    await client.get('/v1/reporting/balances')
    await client.get('/v1/reporting/balances?currency_code=EUR')
    assert.deepEqual(allAsDocumented(), [])
  })

  test('refusals are as documented', async ({ assert }) => {
    const { capture, order } = await captured(client, '100.00', { invoice: 'once' })
    const open = await anOrder(client)
    const refused = await Promise.all([
      client.get('/v2/checkout/orders/5O190127TN364715T'),
      client.get('/v2/payments/captures/2GG279541U471931P'),
      client.get('/v2/checkout/orders/x', { token: 'wrong' }),
      client.post('/v2/checkout/orders', orderFor('1.00')),
      client.post('/v2/checkout/orders', orderFor('1.00', { invoice: 'once' }), { requestId: 'a' }),
      client.post('/v2/checkout/orders', orderFor('1.001'), { requestId: 'b' }),
      client.post(`/v2/checkout/orders/${order}/capture`, {}),
      client.post(`/v2/checkout/orders/${open}/capture`, {}),
      client.post(`/v2/payments/captures/${capture}/refund`, { amount: usd('100.01') }),
      client.get('/v1/payments/payouts/none'),
      client.post('/v1/payments/payouts', payoutFor('1000000.00')),
      client.post('/v1/payments/payouts-item/none/cancel'),
      client.get('/v1/customer/disputes/PP-D-1'),
      client.get('/v1/notifications/webhooks-events/WH-1'),
      client.get('/v1/reporting/balances?as_of_time=2026-01-01T00:00:00Z'),
    ])
    assert.deepEqual(
      refused.map(({ status }) => status),
      [404, 404, 401, 400, 422, 422, 422, 422, 422, 404, 422, 404, 404, 404, 200]
    )
    const id = 'used-once'
    await paidOut(client, '5.00', { id })
    assert.equal((await client.post('/v1/payments/payouts', payoutFor('5.00', { id }))).status, 400)
    sandbox.advance(181 * DAY)
    await client.post(`/v2/payments/captures/${capture}/refund`, {})
    assert.deepEqual(allAsDocumented(), [])
  })

  test('the validator refuses wrong requests, by every document', async ({ assert }) => {
    const { capture } = await captured(client, '100.00')
    const dispute = sandbox.openDispute(capture, { stage: 'INQUIRY' })
    contract.violations.length = 0
    const order = orderFor('1.00')
    const wrong: [path: string, body: object | undefined, at: string, message: RegExp][] = [
      ['/v2/checkout/orders', { ...order, escrow: 1 }, '', /escrow/],
      [
        // A reference whose pattern is none under the `u` flag.
        '/v2/checkout/orders',
        {
          ...order,
          payment_source: {
            card: {
              stored_credential: {
                payment_initiator: 'CUSTOMER',
                payment_type: 'ONE_TIME',
                previous_network_transaction_reference: { id: 'has a space in it' },
              },
            },
          },
        },
        '/payment_source/card/stored_credential/previous_network_transaction_reference/id',
        /pattern/,
      ],
      [
        `/v2/payments/captures/${capture}/refund`,
        { amount: { currency_code: 'USD', value: 1 } },
        '/amount/value',
        /string/,
      ],
      ['/v1/payments/payouts', { items: payoutFor().items }, '', /sender_batch_header/],
      [
        `/v1/customer/disputes/${dispute}/make-offer`,
        { note: 'x', offer_type: 'GIFT' },
        '/offer_type',
        /equal/,
      ],
      ['/v1/notifications/verify-webhook-signature', { auth_algo: 'a-b' }, '/auth_algo', /pattern/],
      [
        '/v1/reporting/transactions?start_date=yesterday',
        undefined,
        '/start_date',
        /pattern|fewer/,
      ],
      ['/v1/escrows', {}, '', /no such operation/],
    ]
    for (const [path, body, at, message] of wrong) {
      contract.violations.length = 0
      await client.send(body ? 'POST' : 'GET', path, body, { requestId: path })
      const [found] = contract.violations.filter(({ side }) => side === 'request')
      assert.equal(found?.at, at, path)
      assert.match(found.message, message, path)
    }
  })

  test('the validator refuses wrong answers, by every document', async ({ assert }) => {
    const { capture, order } = await captured(client, '100.00')
    const refund = await client.post(`/v2/payments/captures/${capture}/refund`, undefined, {
      whole: true,
    })
    const { batch } = await paidOut(client)
    const dispute = sandbox.openDispute(capture)
    const cases: [template: string, path: string, spoil: (body: never) => object, at: string][] = [
      [
        '/v2/checkout/orders/{id}',
        `/v2/checkout/orders/${order}`,
        (body: object) => ({ ...body, status: 'ESCROWED' }),
        '/status',
      ],
      [
        '/v2/checkout/orders/{id}',
        `/v2/checkout/orders/${order}`,
        (body: object) => ({ ...body, escrow: true }),
        '',
      ],
      [
        '/v2/payments/captures/{capture_id}',
        `/v2/payments/captures/${capture}`,
        (body: { amount: object }) => ({ ...body, amount: { ...body.amount, value: 'ten' } }),
        '/amount/value',
      ],
      [
        // A pattern that is none under the `u` flag, and does its work all the same.
        '/v2/payments/refunds/{refund_id}',
        `/v2/payments/refunds/${refund.body.id}`,
        (body: object) => ({ ...body, custom_id: 'not like that!' }),
        '/custom_id',
      ],
      [
        '/v1/payments/payouts/{id}',
        `/v1/payments/payouts/${batch}`,
        (body: { items: object[] }) => ({
          ...body,
          items: [{ ...body.items[0], transaction_status: 'PAID' }],
        }),
        '/items/0/transaction_status',
      ],
      [
        '/v1/customer/disputes/{id}',
        `/v1/customer/disputes/${dispute}`,
        (body: object) => ({ ...body, dispute_life_cycle_stage: 'BANK' }),
        '/dispute_life_cycle_stage',
      ],
      [
        '/v1/notifications/webhooks-events',
        '/v1/notifications/webhooks-events',
        (body: object) => ({ ...body, count: 'many' }),
        '/count',
      ],
      [
        '/v1/reporting/balances',
        '/v1/reporting/balances',
        (body: { balances: object[] }) => ({
          ...body,
          balances: [{ ...body.balances[0], total_balance: undefined }],
        }),
        '/balances/0',
      ],
    ]
    contract.violations.length = 0
    for (const [template, path, spoil, at] of cases) {
      const { status, body } = await client.get(path)
      assert.deepEqual(contract.violations, [], path)
      const exchange = { method: 'GET', template, params: {}, query: {}, status }
      const found = contract.check({ ...exchange, body: spoil(body as never) })
      assert.isNotEmpty(found, path)
      assert.include(
        found.map((each) => each.at),
        at,
        path
      )
      contract.violations.length = 0
    }
    const refusal = { name: 'NO', message: 'No.', debug_id: '1' }
    const wrongly = { method: 'GET', template: cases[0][0], params: {}, query: {}, body: refusal }
    assert.isNotEmpty(contract.check({ ...wrongly, status: 404 }))
    const [event] = sandbox.events
    assert.isNotEmpty(contract.checkEvent({ ...event, resource: { id: 1 } }))
    assert.isNotEmpty(contract.checkEvent({ ...event, resource_type: 'escrow' }))
  })

  test('every operation of the stand-in was answered in this suite', ({ assert }) => {
    const missed = sandbox.operations.filter((operation) => !seen.has(operation))
    assert.deepEqual(missed, [])
  })
})
