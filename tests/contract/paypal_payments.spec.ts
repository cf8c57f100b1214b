import { test } from '@japa/runner'
import { anOrder, captured, DAY, orderFor, reported, started, usd } from './paypal_helpers.js'

const HOUR = 3_600_000
const issueOf = ({ body }: { body: { details?: { issue: string }[]; name?: string } }) =>
  body.details?.[0].issue ?? body.name

test.group('PayPal stand-in: access', () => {
  test('a token is given for id and secret, and is good until it expires or is revoked', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { tokenLifetimeMs: 1000 })
    const wrong = await client.token('sandbox-client:guessed')
    ctx.assert.equal(wrong.status, 401)
    ctx.assert.equal(wrong.body.error, 'invalid_client')
    const grant = await client.token('sandbox-client:sandbox-secret', 'password')
    ctx.assert.equal(grant.status, 400)
    const { body } = await client.token()
    ctx.assert.equal(body.token_type, 'Bearer')
    const ask = (token: string) => client.get('/v1/reporting/balances', { token })
    ctx.assert.equal((await ask(body.access_token)).status, 200)
    ctx.assert.equal((await ask('A21AAguessed')).status, 401)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    ctx.assert.equal((await ask(body.access_token)).status, 401)
    const fresh = (await client.token()).body.access_token
    sandbox.revokeTokens()
    ctx.assert.equal((await ask(fresh)).status, 401)
  })

  test('what is no JSON, or another media type, is refused and does nothing', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const malformed = await client.post('/v2/checkout/orders', '{"intent": ')
    ctx.assert.equal(issueOf(malformed), 'MALFORMED_REQUEST_JSON')
    const headers = { 'content-type': 'text/plain' }
    const other = await client.post('/v2/checkout/orders', '{}', { headers })
    ctx.assert.equal(other.status, 415)
    ctx.assert.equal(sandbox.effects('order'), 0)
  })
})

test.group('PayPal stand-in: request ids', () => {
  test('a repeated request has one effect, and is answered with the state of today', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const create = () => client.post('/v2/checkout/orders', orderFor(), { requestId: 'one' })
    const first = await create()
    sandbox.approve(first.body.id)
    const second = await create()
    ctx.assert.deepEqual([first.status, second.status], [201, 200])
    ctx.assert.equal(second.body.id, first.body.id)
    ctx.assert.equal(second.body.status, 'APPROVED')
    const path = `/v2/checkout/orders/${first.body.id}/capture`
    const captures = [
      await client.post(path, {}, { requestId: 'one' }),
      await client.post(path, {}, { requestId: 'one' }),
    ]
    ctx.assert.deepEqual(
      captures.map(({ status }) => status),
      [201, 200]
    )
    ctx.assert.equal(sandbox.effects('capture'), 1)
    const [{ id }] = sandbox.captures
    const refund = () =>
      client.post(`/v2/payments/captures/${id}/refund`, { amount: usd('1.00') }, { requestId: 'r' })
    ctx.assert.equal((await refund()).body.id, (await refund()).body.id)
    ctx.assert.equal(sandbox.effects('refund'), 1)
    ctx.assert.isTrue(sandbox.requestLog.at(-1)?.replayed)
  })

  test('of two at once the second is told to wait, and a refusal is not remembered', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = await anOrder(client)
    const path = `/v2/checkout/orders/${order}/capture`
    const send = () => client.post(path, {}, { requestId: 'same' })
    ctx.assert.equal(issueOf(await send()), 'ORDER_NOT_APPROVED')
    sandbox.approve(order)
    const hold = sandbox.hold('POST /v2/checkout/orders/{id}/capture')
    const slow = send()
    await hold.arrived
    const busy = await send()
    ctx.assert.equal(busy.status, 409)
    ctx.assert.equal(issueOf(busy), 'PREVIOUS_REQUEST_IN_PROGRESS')
    hold.release()
    ctx.assert.equal((await slow).status, 201)
    ctx.assert.equal((await send()).status, 200)
  })

  test('ids are kept 6 hours for orders and 45 days for refunds', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = () => client.post('/v2/checkout/orders', orderFor('5.00'), { requestId: 'kept' })
    const first = await order()
    sandbox.advance(5 * HOUR)
    ctx.assert.equal((await order()).body.id, first.body.id)
    sandbox.advance(HOUR)
    ctx.assert.notEqual((await order()).body.id, first.body.id)
    const { capture } = await captured(client)
    const refund = async () => {
      const path = `/v2/payments/captures/${capture}/refund`
      return (await client.post(path, { amount: usd('1.00') }, { requestId: 'r' })).body.id
    }
    const made = await refund()
    sandbox.advance(44 * DAY)
    ctx.assert.equal(await refund(), made)
    sandbox.advance(DAY)
    ctx.assert.notEqual(await refund(), made)
  })

  test('an order that names its payment source needs one', async (ctx) => {
    const { client } = await started(ctx.test)
    const refused = await client.post('/v2/checkout/orders', orderFor())
    ctx.assert.equal(issueOf(refused), 'PAYPAL_REQUEST_ID_REQUIRED')
  })
})

test.group('PayPal stand-in: orders and captures', () => {
  test('a capture credits the gross amount less the fee, and is reported so', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const before = sandbox.available()
    const { capture } = await captured(client, '1000.00', { invoice: 'inv-1' })
    const { body } = await client.get(`/v2/payments/captures/${capture}`)
    ctx.assert.deepEqual(body.seller_receivable_breakdown, {
      gross_amount: usd('1000.00'),
      paypal_fee: usd('35.39'),
      net_amount: usd('964.61'),
    })
    ctx.assert.equal(sandbox.available() - before, 96_461)
    const { body: report } = await reported(client, { transaction_id: capture })
    const [{ transaction_info: row }] = report.transaction_details
    ctx.assert.containSubset(row, {
      transaction_event_code: 'T0006',
      transaction_amount: usd('1000.00'),
      fee_amount: usd('-35.39'),
      transaction_status: 'S',
      invoice_id: 'inv-1',
    })
    ctx.assert.containSubset(sandbox.effectsOf('inv-1'), { captures: 1, captured: 100_000 })
  })

  test('nothing is captured that nobody approved, and nothing twice', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = await anOrder(client)
    const capture = () => client.post(`/v2/checkout/orders/${order}/capture`, {})
    ctx.assert.equal(issueOf(await capture()), 'ORDER_NOT_APPROVED')
    sandbox.approve(order)
    const all = await Promise.all(Array.from({ length: 5 }, capture))
    ctx.assert.deepEqual(all.map(({ status }) => status).sort(), [201, 422, 422, 422, 422])
    ctx.assert.equal(issueOf(await capture()), 'ORDER_ALREADY_CAPTURED')
    ctx.assert.equal(sandbox.effects('capture'), 1)
  })

  test('after a declined instrument the payer may take another', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = await anOrder(client)
    ctx.assert.isFalse(sandbox.approve(order, { instrument: 'declined' }))
    const path = `/v2/checkout/orders/${order}`
    const declined = await client.post(`${path}/capture`, {})
    ctx.assert.equal(issueOf(declined), 'INSTRUMENT_DECLINED')
    ctx.assert.equal(declined.body.links[0].rel, 'redirect')
    ctx.assert.equal((await client.get(path)).body.status, 'PAYER_ACTION_REQUIRED')
    ctx.assert.isTrue(sandbox.approve(order))
    ctx.assert.equal((await client.post(`${path}/capture`, {})).status, 201)
  })

  test('an order may stay approved after a decline, where the option says so', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { orderAfterDecline: 'APPROVED' })
    const order = await anOrder(client)
    sandbox.approve(order, { instrument: 'declined' })
    await client.post(`/v2/checkout/orders/${order}/capture`, {})
    ctx.assert.equal((await client.get(`/v2/checkout/orders/${order}`)).body.status, 'APPROVED')
  })

  test('an invoice that was paid is not paid for again', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = await anOrder(client, '10.00', { invoice: 'same' })
    await captured(client, '10.00', { invoice: 'same' })
    sandbox.approve(order)
    const late = await client.post(`/v2/checkout/orders/${order}/capture`, {})
    ctx.assert.equal(issueOf(late), 'DUPLICATE_INVOICE_ID')
    const again = orderFor('10.00', { invoice: 'same' })
    const refused = await client.post('/v2/checkout/orders', again, { requestId: 'x' })
    ctx.assert.equal(issueOf(refused), 'DUPLICATE_INVOICE_ID')
    ctx.assert.containSubset(sandbox.effectsOf('same'), { orders: 2, captures: 1 })
  })

  test('an order is gone six hours after it was made, approved or not', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const [open, approved] = [await anOrder(client), await anOrder(client)]
    sandbox.approve(approved)
    sandbox.advance(6 * HOUR)
    for (const order of [open, approved]) {
      ctx.assert.equal((await client.get(`/v2/checkout/orders/${order}`)).status, 404)
      ctx.assert.equal((await client.post(`/v2/checkout/orders/${order}/capture`, {})).status, 404)
      ctx.assert.throws(() => sandbox.approve(order), /expired/)
    }
    ctx.assert.equal(sandbox.events.at(-1)?.event_type, 'CHECKOUT.PAYMENT-APPROVAL.REVERSED')
  })

  test('currencies without decimals take none, and others two', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const ask = (currency: string, value: string) =>
      client.post('/v2/checkout/orders', orderFor(value, { currency }), {
        requestId: `${currency}${value}`,
      })
    for (const currency of ['HUF', 'JPY', 'TWD']) {
      ctx.assert.equal(issueOf(await ask(currency, '100.50')), 'DECIMAL_PRECISION')
      await captured(client, '1000', { currency })
      // 3.49 % and 49 of the smallest unit.
      ctx.assert.equal(sandbox.available(currency), 1000 - 35 - 49)
    }
    ctx.assert.equal(issueOf(await ask('USD', '1.001')), 'DECIMAL_PRECISION')
    ctx.assert.equal(issueOf(await ask('USD', '0.00')), 'CANNOT_BE_ZERO_OR_NEGATIVE')
    ctx.assert.equal(issueOf(await ask('XXX', '1.00')), 'INVALID_CURRENCY_CODE')
    ctx.assert.equal((await ask('EUR', '1')).status, 201)
  })

  test('Venmo is for dollars, and for sellers in the US', async (ctx) => {
    const { client } = await started(ctx.test)
    const { client: abroad } = await started(ctx.test, { country: 'DE' })
    const venmo = (currency: string) => orderFor('5.00', { currency, wallet: 'venmo' })
    const ask = (where: typeof client, currency: string) =>
      where.post('/v2/checkout/orders', venmo(currency), { requestId: currency })
    ctx.assert.equal(issueOf(await ask(client, 'EUR')), 'PAYMENT_SOURCE_CANNOT_BE_USED')
    ctx.assert.equal(issueOf(await ask(abroad, 'USD')), 'PAYMENT_SOURCE_CANNOT_BE_USED')
    ctx.assert.equal((await ask(client, 'USD')).status, 201)
  })

  test('an eCheck is in the balance when it clears, and never if it bounces', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const before = sandbox.available()
    const echeck = { instrument: 'echeck' as const }
    const good = await captured(client, '100.00', { instrument: echeck })
    const bad = await captured(client, '100.00', { instrument: echeck })
    ctx.assert.equal(sandbox.available(), before)
    const path = `/v2/payments/captures/${good.capture}`
    ctx.assert.equal((await client.get(path)).body.status_details.reason, 'ECHECK')
    ctx.assert.equal(issueOf(await client.post(`${path}/refund`)), 'PENDING_CAPTURE')
    sandbox.settleCapture(good.capture)
    sandbox.declineCapture(bad.capture)
    ctx.assert.equal(sandbox.available() - before, 10_000 - 398)
    const { body } = await reported(client, { balance_affecting_records_only: 'N' })
    const rows = body.transaction_details as { transaction_info: Record<string, string> }[]
    const statuses = rows.map(({ transaction_info: row }) => row.transaction_status)
    ctx.assert.deepEqual(statuses, ['S', 'S', 'D'])
    const refund = await client.post(`/v2/payments/captures/${bad.capture}/refund`)
    ctx.assert.equal(issueOf(refund), 'REFUND_NOT_ALLOWED')
  })

  test('an address to go back to must be one', async (ctx) => {
    const { client } = await started(ctx.test)
    const { intent, purchase_units: units } = orderFor()
    const body = { intent, purchase_units: units, application_context: { return_url: 'home' } }
    ctx.assert.equal(
      issueOf(await client.post('/v2/checkout/orders', body)),
      'INVALID_PARAMETER_SYNTAX'
    )
  })

  test('amounts that do not add up are refused', async (ctx) => {
    const { client } = await started(ctx.test)
    const wanted = orderFor('10.00')
    const [unit] = wanted.purchase_units
    const split = (item: string) => ({
      ...wanted,
      purchase_units: [
        {
          ...unit,
          amount: { ...unit.amount, breakdown: { item_total: usd(item) } },
          items: [{ name: 'Work', quantity: '2', unit_amount: usd('5.00') }],
        },
      ],
    })
    const ask = (body: object) => client.post('/v2/checkout/orders', body, { requestId: 'b' })
    ctx.assert.equal(issueOf(await ask(split('9.00'))), 'AMOUNT_MISMATCH')
    ctx.assert.equal((await ask(split('10.00'))).status, 201)
  })
})

test.group('PayPal stand-in: refunds', () => {
  test('refunds never exceed the capture, draw on the balance, and bring no fee back', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '100.00')
    const before = sandbox.available()
    const refund = (value?: string) =>
      client.post(`/v2/payments/captures/${capture}/refund`, value && { amount: usd(value) }, {
        whole: true,
      })
    ctx.assert.equal(issueOf(await refund('100.01')), 'REFUND_AMOUNT_EXCEEDED')
    const { body } = await refund('40.00')
    ctx.assert.deepEqual(body.seller_payable_breakdown, {
      gross_amount: usd('40.00'),
      paypal_fee: usd('0.00'),
      net_amount: usd('40.00'),
      total_refunded_amount: usd('40.00'),
    })
    ctx.assert.equal(issueOf(await refund('60.01')), 'REFUND_AMOUNT_EXCEEDED')
    ctx.assert.equal((await refund()).body.amount.value, '60.00')
    ctx.assert.equal(issueOf(await refund()), 'CAPTURE_FULLY_REFUNDED')
    ctx.assert.equal(before - sandbox.available(), 10_000)
  })

  test('what is on its way back counts as gone, and comes free if it fails', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '100.00')
    const before = sandbox.available()
    sandbox.refundsPend(true)
    const path = `/v2/payments/captures/${capture}/refund`
    const { body } = await client.post(path, { amount: usd('80.00') })
    ctx.assert.equal(body.status, 'PENDING')
    ctx.assert.equal(
      issueOf(await client.post(path, { amount: usd('30.00') })),
      'REFUND_AMOUNT_EXCEEDED'
    )
    ctx.assert.equal(sandbox.available(), before)
    sandbox.failRefund(body.id)
    ctx.assert.equal((await client.get(`/v2/payments/refunds/${body.id}`)).body.status, 'FAILED')
    sandbox.refundsPend(false)
    ctx.assert.equal((await client.post(path)).status, 201)
    ctx.assert.equal(before - sandbox.available(), 10_000)
  })

  test('a balance that does not cover a refund refuses it', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { openingFloat: {} })
    const { capture } = await captured(client, '100.00')
    const path = `/v2/payments/captures/${capture}/refund`
    ctx.assert.equal(issueOf(await client.post(path)), 'REFUND_FAILED_INSUFFICIENT_FUNDS')
    sandbox.topUp(398)
    ctx.assert.equal((await client.post(path)).status, 201)
    ctx.assert.equal(sandbox.available(), 0)
  })

  test('old captures, disputed ones and used invoice ids are not refunded', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '100.00')
    const { capture: other } = await captured(client, '100.00')
    const refund = (id: string, body?: object) =>
      client.post(`/v2/payments/captures/${id}/refund`, body)
    ctx.assert.equal(
      issueOf(await refund(capture, { amount: { currency_code: 'EUR', value: '1.00' } })),
      'REFUND_CAPTURE_CURRENCY_MISMATCH'
    )
    const part = { amount: usd('1.00'), invoice_id: 'refund-1' }
    ctx.assert.equal((await refund(capture, part)).status, 201)
    ctx.assert.equal(issueOf(await refund(other, part)), 'DUPLICATE_INVOICE_ID')
    const inquiry = sandbox.openDispute(capture, { stage: 'INQUIRY' })
    ctx.assert.equal(issueOf(await refund(capture)), 'TRANSACTION_DISPUTED')
    sandbox.escalateDispute(inquiry)
    ctx.assert.equal(issueOf(await refund(capture)), 'REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK')
    sandbox.resolveDispute(inquiry, 'seller')
    ctx.assert.equal((await refund(capture, { amount: usd('1.00') })).status, 201)
    sandbox.advance(180 * DAY + HOUR)
    ctx.assert.equal(issueOf(await refund(other)), 'REFUND_TIME_LIMIT_EXCEEDED')
  })
})
