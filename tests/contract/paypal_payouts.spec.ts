import { test } from '@japa/runner'
import type { PayoutItemStatus } from '../../sandbox/paypal/index.js'
import { captured, DAY, paidOut, payoutFor, reported, started, usd } from './paypal_helpers.js'

const FEE = 25

test.group('PayPal stand-in: payouts', () => {
  test('a payout is pending, then processed, and costs its amount and a fee', async (ctx) => {
    const options = { payoutAfterMs: 60_000, payoutFee: { final: FEE, estimate: 40 } }
    const { sandbox, client } = await started(ctx.test, options)
    const before = sandbox.available()
    const { body } = await client.post('/v1/payments/payouts', payoutFor('900.00', { id: 'p-1' }))
    const path = `/v1/payments/payouts/${body.batch_header.payout_batch_id}`
    const { body: waiting } = await client.get(path)
    ctx.assert.equal(waiting.batch_header.batch_status, 'PENDING')
    ctx.assert.equal(waiting.items[0].payout_item_fee.value, '0.40')
    ctx.assert.notProperty(waiting.items[0], 'transaction_id')
    sandbox.advance(60_000)
    const { body: done } = await client.get(path)
    ctx.assert.equal(done.batch_header.batch_status, 'SUCCESS')
    ctx.assert.equal(done.items[0].transaction_status, 'SUCCESS')
    ctx.assert.equal(done.items[0].payout_item_fee.value, '0.25')
    ctx.assert.equal(before - sandbox.available(), 90_000 + FEE)
    const query = { transaction_id: done.items[0].transaction_id }
    const { body: report } = await reported(client, query)
    ctx.assert.containSubset(report.transaction_details[0].transaction_info, {
      transaction_event_code: 'T0001',
      transaction_amount: usd('-900.00'),
      fee_amount: usd('-0.25'),
      transaction_status: 'S',
    })
    ctx.assert.containSubset(sandbox.effectsOf('p-1'), { batches: 1, payouts: 1, paidOut: 90_000 })
  })

  test('a used batch id is refused for 30 days, with a link to the first batch', async (ctx) => {
    for (const place of ['links', 'details'] as const) {
      const { sandbox, client } = await started(ctx.test, { duplicateBatchLink: place })
      const { batch } = await paidOut(client, '5.00', { id: 'same' })
      const send = () => client.post('/v1/payments/payouts', payoutFor('5.00', { id: 'same' }))
      const { status, body } = await send()
      ctx.assert.equal(status, 400)
      ctx.assert.equal(body.name, 'USER_BUSINESS_ERROR')
      const links = place === 'links' ? body.links : body.details[0].link
      ctx.assert.match(links[0].href, new RegExp(`/v1/payments/payouts/${batch}$`))
      sandbox.advance(29 * DAY)
      ctx.assert.equal((await send()).status, 400)
      sandbox.advance(DAY)
      ctx.assert.equal((await send()).status, 201)
    }
  })

  test('with a request id the first batch comes back instead', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const send = () =>
      client.post('/v1/payments/payouts', payoutFor('5.00', { id: 'same' }), { requestId: 'k' })
    const first = await send()
    const second = await send()
    ctx.assert.equal(
      second.body.batch_header.payout_batch_id,
      first.body.batch_header.payout_batch_id
    )
    ctx.assert.equal(second.body.batch_header.batch_status, 'SUCCESS')
    ctx.assert.equal(sandbox.effects('payout_batch'), 1)
  })

  test('our balance is without the money in some states, and has it back in others', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const before = sandbox.available()
    const cost = async (state: PayoutItemStatus, from: PayoutItemStatus = 'PENDING') => {
      const start = sandbox.available()
      sandbox.planPayout(from as 'PENDING')
      const { item } = await paidOut(client, '10.00')
      sandbox.setPayoutItem(item, state)
      return start - sandbox.available()
    }
    for (const state of ['SUCCESS', 'PENDING', 'UNCLAIMED', 'ONHOLD'] as const) {
      ctx.assert.equal(await cost(state), 1000 + FEE, state)
    }
    // The fee is not given back, unless the option says so.
    for (const state of ['FAILED', 'BLOCKED', 'RETURNED', 'REFUNDED', 'REVERSED'] as const) {
      ctx.assert.equal(await cost(state), FEE, state)
    }
    ctx.assert.equal(await cost('FAILED', 'FAILED'), 0)
    const { body } = await reported(client)
    const rows = body.transaction_details.map(
      (row: { transaction_info: { transaction_event_code: string; transaction_status: string } }) =>
        `${row.transaction_info.transaction_event_code} ${row.transaction_info.transaction_status}`
    )
    ctx.assert.includeMembers(rows, ['T0001 S', 'T0001 P', 'T0001 V', 'T1114 S', 'T1115 S'])
    ctx.assert.equal(before - sandbox.available(), 4 * (1000 + FEE) + 5 * FEE)
  })

  test('what nobody claims comes back after 30 days, or when it is cancelled', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { payoutFeeReturned: true })
    const before = sandbox.available()
    sandbox.withoutAccount('nobody@example.com')
    const waiting = await paidOut(client, '10.00', { receiver: 'nobody@example.com' })
    const unwanted = await paidOut(client, '10.00', { receiver: 'noaccount@example.com' })
    const path = (item: string) => `/v1/payments/payouts-item/${item}`
    const { body } = await client.get(path(waiting.item))
    ctx.assert.equal(body.transaction_status, 'UNCLAIMED')
    ctx.assert.equal(body.errors.name, 'RECEIVER_UNREGISTERED')
    const cancelled = await client.post(`${path(unwanted.item)}/cancel`)
    ctx.assert.equal(cancelled.body.transaction_status, 'RETURNED')
    const again = await client.post(`${path(unwanted.item)}/cancel`)
    ctx.assert.equal(again.status, 400)
    sandbox.advance(29 * DAY)
    ctx.assert.equal((await client.get(path(waiting.item))).body.transaction_status, 'UNCLAIMED')
    sandbox.advance(DAY)
    ctx.assert.equal((await client.get(path(waiting.item))).body.transaction_status, 'RETURNED')
    ctx.assert.equal(sandbox.available(), before)
    ctx.assert.includeMembers(
      sandbox.events.map(({ event_type: type }) => type),
      ['UNCLAIMED', 'CANCELED', 'RETURNED'].map((word) => `PAYMENT.PAYOUTS-ITEM.${word}`)
    )
  })

  test('a claimed payout is paid once, whatever it was before', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const before = sandbox.available()
    sandbox.planPayout('UNCLAIMED')
    const { item } = await paidOut(client, '10.00')
    sandbox.setPayoutItem(item, 'ONHOLD')
    sandbox.setPayoutItem(item, 'SUCCESS')
    sandbox.advance(40 * DAY)
    ctx.assert.equal(sandbox.payoutItems[0].transaction_status, 'SUCCESS')
    ctx.assert.equal(before - sandbox.available(), 1000 + FEE)
  })

  test('a balance that does not cover it refuses at once, or denies the batch later', async (ctx) => {
    const options = { openingFloat: { USD: 2000n }, payoutAfterMs: 60_000 }
    const { sandbox, client } = await started(ctx.test, options)
    const refused = await client.post('/v1/payments/payouts', payoutFor('20.00'))
    ctx.assert.equal(refused.body.name, 'INSUFFICIENT_FUNDS')
    const { body } = await client.post('/v1/payments/payouts', payoutFor('19.75'))
    sandbox.withdraw(1)
    sandbox.advance(60_000)
    const path = `/v1/payments/payouts/${body.batch_header.payout_batch_id}`
    const { body: denied } = await client.get(path)
    ctx.assert.equal(denied.batch_header.batch_status, 'DENIED')
    ctx.assert.equal(denied.items[0].transaction_status, 'FAILED')
    ctx.assert.equal(sandbox.available(), 1999)
    ctx.assert.equal(sandbox.events.at(-1)?.event_type, 'PAYMENT.PAYOUTSBATCH.DENIED')
  })

  test('what is wrong with a payout is named', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const wrong: [fields: Record<string, unknown>, field: string][] = [
      [{ recipient_wallet: 'VENMO', note: undefined }, 'items[0].note'],
      [{ recipient_wallet: 'VENMO', currency: 'EUR' }, 'items[0].amount.currency'],
      [{ recipient_wallet: 'BANK' }, 'items[0].recipient_wallet'],
      [{ recipient_type: 'IBAN' }, 'items[0].recipient_type'],
      [{ receiver: 'nobody' }, 'items[0].receiver'],
      [{ currency: 'XXX' }, 'items[0].amount.currency'],
    ]
    for (const [fields, field] of wrong) {
      const { status, body } = await client.post('/v1/payments/payouts', payoutFor('5.00', fields))
      ctx.assert.equal(status, 400)
      ctx.assert.equal(body.details[0].field, field)
    }
    const parts = await client.post('/v1/payments/payouts', payoutFor('5.005'))
    ctx.assert.equal(parts.body.name, 'VALIDATION_ERROR')
    ctx.assert.equal(sandbox.effects('payout_batch'), 0)
  })
})

test.group('PayPal stand-in: reports', () => {
  test('the rows of every movement add up to the balance', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '321.99')
    await captured(client, '50.00', { instrument: { instrument: 'echeck' } })
    await captured(client, '1000', { currency: 'JPY' })
    await client.post(`/v2/payments/captures/${capture}/refund`, { amount: usd('21.99') })
    const lost = sandbox.openDispute((await captured(client, '80.00')).capture)
    sandbox.resolveDispute(lost, 'buyer')
    const won = sandbox.openDispute((await captured(client, '90.00')).capture)
    sandbox.resolveDispute(won, 'seller')
    sandbox.reverseCapture((await captured(client, '33.33')).capture)
    await paidOut(client, '100.00')
    const { item } = await paidOut(client, '60.00')
    sandbox.setPayoutItem(item, 'REFUNDED')
    sandbox.topUp(5000)
    sandbox.withdraw(7000)
    sandbox.adjustBalance(-12, { code: 'T0107' })
    const sums = new Map<string, number>()
    let last: Record<string, { value: string }> = {}
    for (let page = 1, pages = 1; page <= pages; page++) {
      const { body } = await reported(client, { page: String(page), page_size: '4' })
      pages = body.total_pages
      for (const { transaction_info: row } of body.transaction_details) {
        const { currency_code: currency } = row.transaction_amount
        const net = Number(row.transaction_amount.value) + Number(row.fee_amount?.value ?? 0)
        sums.set(currency, (sums.get(currency) ?? 0) + net)
        if (currency === 'USD') last = row
      }
    }
    const { body } = await client.get('/v1/reporting/balances')
    for (const { currency, total_balance: total } of body.balances) {
      ctx.assert.closeTo(sums.get(currency) ?? Number.NaN, Number(total.value), 0.001)
    }
    ctx.assert.equal(Number(last.ending_balance.value) * 100, sandbox.available())
    ctx.assert.equal(sandbox.available('JPY'), 1000 - 35 - 49)
  })

  test('a search is limited to 31 days and 500 rows a page, and lags', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { reportingLagMs: 3 * 3_600_000 })
    const search = (from: number, to: number, more = {}) =>
      client.get(
        `/v1/reporting/transactions?${new URLSearchParams({
          start_date: new Date(from).toISOString(),
          end_date: new Date(to).toISOString(),
          ...more,
        })}`
      )
    const { now } = sandbox
    ctx.assert.equal((await search(now - 31 * DAY, now)).status, 200)
    ctx.assert.equal((await search(now - 31 * DAY - 1000, now)).status, 400)
    ctx.assert.equal((await search(now - DAY, now, { page_size: '501' })).status, 400)
    ctx.assert.equal((await search(now - DAY, now, { page: '0' })).status, 400)
    ctx.assert.equal((await client.get('/v1/reporting/transactions')).status, 400)
    ctx.assert.equal((await search(now - DAY, now + DAY)).body.total_items, 0)
    sandbox.advance(3 * 3_600_000 + 1000)
    ctx.assert.equal((await search(now - DAY, now + DAY)).body.total_items, 1)
  })

  test('more rows than it lists are refused as too many', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { searchLimit: 2 })
    sandbox.topUp(1)
    ctx.assert.equal((await reported(client)).status, 200)
    sandbox.topUp(1)
    ctx.assert.equal((await reported(client)).body.name, 'RESULTSET_TOO_LARGE')
    ctx.assert.equal((await reported(client, { transaction_amount: '2 TO 5' })).status, 200)
  })

  test('a balance can be asked for as it was', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const before = new Date(sandbox.now).toISOString()
    sandbox.advance(DAY)
    sandbox.withdraw(10_000)
    const { body: then } = await client.get(`/v1/reporting/balances?as_of_time=${before}`)
    const { body: now } = await client.get('/v1/reporting/balances')
    ctx.assert.equal(then.balances[0].total_balance.value, '100000.00')
    ctx.assert.equal(now.balances[0].total_balance.value, '99900.00')
  })
})
