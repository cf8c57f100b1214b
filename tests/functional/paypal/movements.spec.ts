import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { paypal, venmo } from '#payments/paypal/index'
import { providerKey, type CreateRefund } from '#payments/provider'
import { paypalSandbox as sandbox } from '#tests/support/sandbox'
import {
  ago,
  DAY,
  depositRequest,
  failureOf,
  HOUR,
  issue,
  json,
  payoutRequest,
  strangePaypal,
  usd,
  quietPaypal,
} from './helpers.js'

const PAYOUT = 'POST /v1/payments/payouts'

/** The charge of a paid deposit. */
async function charge(): Promise<string> {
  const { id } = await paypal.createDeposit(depositRequest())
  sandbox.approve(id)
  return (await paypal.captureDeposit(id, randomUUID())).chargeId
}

function refundOf(chargeId: string, wanted: Partial<CreateRefund> = {}): CreateRefund {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    chargeId,
    amount: usd('400.00'),
    reason: 'requested_by_customer',
    ...wanted,
  }
}

test.group('Refunds by PayPal', (group) => {
  group.each.setup(quietPaypal)

  test('a refund that PayPal made under a key that it has forgotten is not made again', async ({
    assert,
  }) => {
    const request = refundOf(await charge())
    const refund = await paypal.refund(request)
    sandbox.advance(46 * DAY)
    assert.equal((await paypal.refund(request)).id, refund.id)
    assert.equal(sandbox.effectsOf(request.transactionId).refunds, 1)
  })

  test('an invoice number that was refunded, but not by us, is no proof of anything', async ({
    assert,
  }) => {
    await strangePaypal({
      'POST /v2/payments/captures/C1/refund': issue('DUPLICATE_INVOICE_ID'),
      'GET /v2/payments/captures/C1': json({
        id: 'C1',
        supplementary_data: { related_ids: { order_id: 'O1' } },
      }),
      'GET /v2/checkout/orders/O1': json({ id: 'O1', status: 'COMPLETED', purchase_units: [{}] }),
    })
    const failure = await failureOf(paypal.refund(refundOf('C1')))
    assert.deepInclude(failure, { kind: 'unknown', code: 'DUPLICATE_INVOICE_ID' })
  })

  test('beyond its time, or more than there is, is declined in PayPal’s words', async ({
    assert,
  }) => {
    const chargeId = await charge()
    const tooMuch = await failureOf(paypal.refund(refundOf(chargeId, { amount: usd('1000.01') })))
    assert.deepInclude(tooMuch, { kind: 'declined', code: 'REFUND_AMOUNT_EXCEEDED' })
    sandbox.advance(181 * DAY)
    const late = await failureOf(paypal.refund(refundOf(chargeId)))
    assert.deepInclude(late, { kind: 'declined', code: 'REFUND_TIME_LIMIT_EXCEEDED' })
    assert.equal(sandbox.effects('refund'), 0)
  })

  test('a balance too short is told by the word that every rail has for it', async ({ assert }) => {
    const chargeId = await charge()
    sandbox.withdraw(sandbox.available())
    const failure = await failureOf(paypal.refund(refundOf(chargeId)))
    assert.deepInclude(failure, { kind: 'declined', code: 'balance_insufficient' })
  })

  test('{shown} is {found}')
    .with([
      { shown: 'our custom id', ids: ['ours', undefined], found: 're1' },
      { shown: 'our key as its invoice number', ids: [undefined, 'ours'], found: 're1' },
      { shown: 'our key, with the payment’s id', ids: ['deposit', 'ours'], found: 're1' },
      { shown: 'no id', ids: [undefined, undefined], found: 'nameless_refund' },
      { shown: 'the payment’s ids', ids: ['deposit', 'deposit'], found: 'nameless_refund' },
      { shown: 'no id, of another amount', ids: [], amount: '399.00', found: 'absent' },
      { shown: 'no id, from before', ids: [], created: ago(DAY), found: 'absent' },
      { shown: 'no id, and failed', ids: [], status: 'FAILED', found: 'absent' },
      { shown: 'another refund’s id', ids: ['another', undefined], found: 'absent' },
      { shown: 'another refund’s key', ids: ['deposit', 'another'], found: 'absent' },
    ])
    .run(async ({ assert }, { ids: [custom, invoice], amount, created, status, found }) => {
      const names = { ours: randomUUID(), deposit: randomUUID(), another: randomUUID() }
      const nameOf = (who?: string) => who && names[who as keyof typeof names]
      const keyOf = (who?: string) =>
        who === 'deposit' ? names.deposit : who && providerKey(nameOf(who)!, 1)
      const refund = {
        id: 're1',
        status: status ?? 'COMPLETED',
        amount: { currency_code: 'USD', value: amount ?? '400.00' },
        custom_id: nameOf(custom),
        invoice_id: keyOf(invoice),
        create_time: (created ?? new Date()).toISOString(),
      }
      await strangePaypal({
        'GET /v2/payments/captures/C1': json({
          id: 'C1',
          supplementary_data: { related_ids: { order_id: 'O1' } },
        }),
        'GET /v2/checkout/orders/O1': json({
          id: 'O1',
          status: 'COMPLETED',
          purchase_units: [{ custom_id: names.deposit, payments: { refunds: [refund] } }],
        }),
        'GET /v2/payments/refunds/re1': json(refund),
      })
      const looked = await paypal
        .findByMetadata('refund', names.ours, {
          projectId: '',
          chargeId: 'C1',
          since: ago(HOUR),
          key: providerKey(names.ours, 1),
          amount: usd('400.00'),
        })
        .catch((failure) => failure)
      assert.equal(looked?.code ?? looked?.id ?? 'absent', found)
      if (found === 're1') assert.equal((await paypal.getRefund('re1')).transactionId, names.ours)
    })

  test('where the order is not told, nothing is called absent', async ({ assert }) => {
    await strangePaypal({ 'GET /v2/payments/captures/C1': json({ id: 'C1' }) })
    const find = (chargeId?: string) =>
      paypal.findByMetadata('refund', randomUUID(), { projectId: '', chargeId, since: new Date() })
    assert.equal((await failureOf(find('C1'))).kind, 'unknown')
    assert.equal((await failureOf(find())).kind, 'unknown')
  })
})

test.group('Payouts by PayPal and Venmo', (group) => {
  group.each.setup(quietPaypal)

  test('{provider.name} to {destination}: one item, by its wallet and the kind of its address')
    .with([
      { provider: paypal, destination: 'frank@example.com', type: 'EMAIL', wallet: 'PAYPAL' },
      { provider: venmo, destination: 'frank@example.com', type: 'EMAIL', wallet: 'VENMO' },
      { provider: venmo, destination: '+12125550123', type: 'PHONE', wallet: 'VENMO' },
    ])
    .run(async ({ assert }, { provider, destination, type, wallet }) => {
      const request = payoutRequest({ destination })
      const sent = await provider.createPayout(request)
      assert.deepInclude(sent, { transactionId: request.transactionId, key: request.key })
      sandbox.advance(1000)
      const paid = await provider.getPayout(sent.id)
      assert.deepInclude(paid, {
        id: sent.id,
        transactionId: request.transactionId,
        key: request.key,
        state: 'succeeded',
      })
      assert.isTrue(paid.amount.equals(request.amount))
      assert.equal(paid.fee?.toString(), '0.25 USD')
      const [item] = sandbox.payoutItems
      assert.equal(paid.balanceSourceId, item.transaction_id)
      assert.lengthOf(sandbox.payoutItems, 1)
      assert.deepInclude(item.payout_item, {
        recipient_type: type,
        recipient_wallet: wallet,
        receiver: destination,
        sender_item_id: request.transactionId,
      } as never)
      assert.include(item.payout_item.note, request.key)
    })

  test('a new key after an ambiguous payout failure paid twice: the same key does not', async ({
    assert,
  }) => {
    const request = payoutRequest()
    sandbox.failNext(PAYOUT, { at: 'after', with: 500 })
    assert.equal((await failureOf(paypal.createPayout(request))).kind, 'unknown')
    const again = await paypal.createPayout(request)
    sandbox.advance(1000)
    assert.equal((await paypal.createPayout(request)).id, again.id)
    assert.deepInclude(sandbox.effectsOf(request.transactionId), { batches: 1, paidOut: 90_000 })
  })

  test('one batch handled by cron and webhook at once is one payout', async ({ assert }) => {
    const request = payoutRequest()
    const hold = sandbox.hold(PAYOUT)
    const first = paypal.createPayout(request)
    await hold.arrived
    const second = await failureOf(paypal.createPayout(request))
    hold.release()
    assert.equal(second.kind, 'retry')
    assert.equal((await paypal.createPayout(request)).id, (await first).id)
    assert.equal(sandbox.effectsOf(request.transactionId).payouts, 1)
  })

  test('UNCLAIMED is not paid, says why, and comes back', async ({ assert }) => {
    sandbox.withoutAccount('frank@example.com')
    const { id } = await paypal.createPayout(payoutRequest())
    sandbox.advance(1000)
    const waiting = await paypal.getPayout(id)
    assert.equal(waiting.state, 'pending')
    assert.match(waiting.waitReason ?? '', /claimed/)
    assert.isUndefined(waiting.fee, 'an estimate is no fee')
    sandbox.advance(31 * DAY)
    assert.deepInclude(await paypal.getPayout(id), { state: 'failed' })
  })

  test('{status} is {state}')
    .with([
      { status: 'ONHOLD' as const, state: 'pending' },
      { status: 'PENDING' as const, state: 'pending' },
      { status: 'BLOCKED' as const, state: 'failed' },
      { status: 'FAILED' as const, state: 'failed' },
      { status: 'RETURNED' as const, state: 'failed' },
      { status: 'REFUNDED' as const, state: 'returned' },
      { status: 'REVERSED' as const, state: 'returned' },
    ])
    .run(async ({ assert }, { status, state }) => {
      const { id, amount, debited } = await paypal.createPayout(payoutRequest())
      assert.isUndefined(debited, 'a batch that waits has taken nothing')
      sandbox.setPayoutItem(id, status)
      const payout = await paypal.getPayout(id)
      assert.equal(payout.state, state)
      assert.equal(Boolean(payout.waitReason), state === 'pending')
      assert.equal(payout.debited?.toString(), state === 'pending' ? '900.25 USD' : undefined)
      assert.equal(Boolean(payout.failureCode), state === 'failed')
      assert.equal(payout.returnedAmount?.equals(amount), state === 'returned' ? true : undefined)
    })

  test('a batch that is denied failed, also before it knows its items', async ({ assert }) => {
    sandbox.planPayout('DENIED')
    const { id } = await paypal.createPayout(payoutRequest())
    sandbox.advance(1000)
    assert.equal((await paypal.getPayout(id)).state, 'failed')
    const header = {
      payout_batch_id: 'B1',
      batch_status: 'DENIED',
      sender_batch_header: { sender_batch_id: providerKey(randomUUID(), 2) },
      amount: { currency: 'USD', value: '900.00' },
      errors: { name: 'INSUFFICIENT_FUNDS', message: 'Add funds.' },
    }
    await strangePaypal({ 'GET /v1/payments/payouts/B1': json({ batch_header: header }) })
    const denied = await paypal.getPayout('B1')
    assert.deepInclude(denied, {
      state: 'failed',
      failureCode: 'balance_insufficient',
      failureMessage: 'Add funds.',
    })
    assert.equal(denied.transactionId, header.sender_batch_header.sender_batch_id.split(':')[1])
  })

  test('a balance too short for amount and fee is told by the word of every rail', async ({
    assert,
  }) => {
    sandbox.withdraw(sandbox.available() - 90_000)
    const failure = await failureOf(paypal.createPayout(payoutRequest()))
    assert.deepInclude(failure, { kind: 'declined', code: 'balance_insufficient' })
    assert.equal(sandbox.effects('payout_batch'), 0)
  })
})

test.group('A payout whose key PayPal has forgotten', () => {
  const SEARCH = 'GET /v1/reporting/transactions'
  const transactionId = randomUUID()
  const row = (more: object = {}) => ({
    transaction_info: {
      transaction_id: 'TX1',
      transaction_event_code: 'T0001',
      transaction_initiation_date: ago(35 * DAY).toISOString(),
      transaction_amount: { currency_code: 'USD', value: '-900.00' },
      fee_amount: { currency_code: 'USD', value: '-0.25' },
      transaction_status: 'S',
      ...more,
    },
  })
  const page = (rows: object[], more: object = {}) =>
    json({ transaction_details: rows, page: 1, total_pages: 1, ...more })

  const find = (sent: number, more: object = {}) =>
    paypal.findByMetadata('payout', transactionId, {
      projectId: '',
      since: ago(sent),
      amount: usd('900.00'),
      ...more,
    })

  test('while it lives, sending again is the look-up', async ({ assert }) => {
    const asked = await strangePaypal({})
    assert.isUndefined(await find(0))
    assert.isUndefined(await find(30 * DAY - 3 * HOUR))
    // What counts is when this key was first sent, not when the payout began to wait.
    assert.isUndefined(await find(90 * DAY, { keySentAt: ago(DAY) }))
    assert.isEmpty(asked)
  })

  test('nothing is called absent while what was sent last may not be listed yet', async ({
    assert,
  }) => {
    await strangePaypal({ [SEARCH]: page([]) })
    for (const sent of [30 * DAY - HOUR, 30 * DAY, 30 * DAY + 2 * HOUR]) {
      assert.deepInclude(await failureOf(find(sent)), { kind: 'unknown', code: 'search_lags' })
    }
    assert.isUndefined(await find(30 * DAY + 4 * HOUR))
    const stale = page([], { last_refreshed_datetime: ago(20 * DAY).toISOString() })
    await strangePaypal({ [SEARCH]: stale })
    assert.equal((await failureOf(find(40 * DAY))).code, 'search_lags')
  })

  test('it is searched for from its first day to now, in periods that PayPal takes', async ({
    assert,
  }) => {
    const asked = await strangePaypal({ [SEARCH]: page([]) })
    assert.isUndefined(await find(100 * DAY))
    assert.lengthOf(asked, 4)
    let covered = Date.now() - 100 * DAY
    for (const { query } of asked) {
      const [from, to] = [Date.parse(query.start_date), Date.parse(query.end_date)]
      assert.isAtMost(from, covered + 1000, 'no gap')
      assert.isAtMost(to - from, 31 * DAY)
      covered = to
    }
    assert.isAtLeast(covered, Date.now() - 5000)
  })

  test('{where} it is found, with its fee')
    .with([
      { where: 'in the custom field', field: 'custom_field' },
      { where: 'in the note', field: 'transaction_note' },
      { where: 'in the subject', field: 'transaction_subject' },
      { where: 'in the invoice id', field: 'invoice_id' },
    ])
    .run(async ({ assert }, { field }) => {
      await strangePaypal({
        [SEARCH]: page([row({ [field]: `SafeSend payout ${transactionId}` })]),
      })
      const found = await find(40 * DAY)
      assert.deepInclude(found, {
        id: 'TX1',
        transactionId,
        state: 'succeeded',
        balanceSourceId: 'TX1',
      })
      assert.equal(found?.amount.toString(), '900.00 USD')
      assert.equal(found?.fee?.toString(), '0.25 USD')
    })

  test('one that came back is told so', async ({ assert }) => {
    const back = row({
      transaction_id: 'TX2',
      transaction_event_code: 'T1114',
      paypal_reference_id: 'TX1',
      transaction_amount: { currency_code: 'USD', value: '900.00' },
    })
    const there = row({ custom_field: transactionId, transaction_status: 'V' })
    await strangePaypal({ [SEARCH]: page([there, back]) })
    const found = await find(40 * DAY)
    assert.equal(found?.state, 'returned')
    assert.equal(found?.returnedAmount?.toString(), '900.00 USD')
  })

  test('an earlier attempt that came back says nothing about the current one', async ({
    assert,
  }) => {
    const named = (attempt: number) => `SafeSend payout ${providerKey(transactionId, attempt)}`
    const sent = (note: string) => row({ transaction_subject: note, transaction_status: 'V' })
    const back = row({
      transaction_id: 'TX2',
      transaction_event_code: 'T1114',
      paypal_reference_id: 'TX1',
      transaction_amount: { currency_code: 'USD', value: '900.00' },
    })
    const second = { key: providerKey(transactionId, 2) }
    await strangePaypal({ [SEARCH]: page([sent(named(1)), back]) })
    assert.isUndefined(await find(40 * DAY, second))
    await strangePaypal({ [SEARCH]: page([sent(named(2)), back]) })
    assert.deepInclude(await find(40 * DAY, second), { ...second, state: 'returned' })
    await strangePaypal({ [SEARCH]: page([sent(transactionId), back]) })
    assert.equal((await failureOf(find(40 * DAY, second))).code, 'nameless_payout')
    // Where it has the money, it is paid, whichever attempt it was.
    await strangePaypal({ [SEARCH]: page([row({ transaction_subject: named(1) })]) })
    const paid = { key: providerKey(transactionId, 1), state: 'succeeded' }
    assert.deepInclude(await find(40 * DAY, second), paid)
  })

  test('a row of its amount that names nobody is no absence: it may be the one', async ({
    assert,
  }) => {
    await strangePaypal({ [SEARCH]: page([row()]) })
    assert.deepInclude(await failureOf(find(40 * DAY)), {
      kind: 'unknown',
      code: 'nameless_payout',
    })
  })

  test('{what} is not it')
    .with([
      { what: "another payout's row", more: { custom_field: randomUUID() } },
      {
        what: 'another amount',
        more: { transaction_amount: { currency_code: 'USD', value: '-901.00' } },
      },
      {
        what: 'another currency',
        more: { transaction_amount: { currency_code: 'EUR', value: '-900.00' } },
      },
      { what: 'a denied one', more: { custom_field: transactionId, transaction_status: 'D' } },
      { what: 'a payment', more: { transaction_event_code: 'T0006' } },
    ])
    .run(async ({ assert }, { more }) => {
      await strangePaypal({ [SEARCH]: page([row(more)]) })
      assert.isUndefined(await find(40 * DAY))
    })

  test('one on its way, and a search that fails, prove nothing', async ({ assert }) => {
    const pending = row({ custom_field: transactionId, transaction_status: 'P' })
    await strangePaypal({ [SEARCH]: page([pending]) })
    assert.equal((await failureOf(find(40 * DAY))).kind, 'unknown')
    await strangePaypal({ [SEARCH]: [page([]), issue('INVALID_REQUEST', 400)] })
    assert.equal((await failureOf(find(40 * DAY))).kind, 'unknown')
  })
})
