import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { paypal } from '#payments/paypal/index'
import type { DisputeEvidence, ProviderBalanceTransaction } from '#payments/provider'
import { paypalSandbox as sandbox } from '#tests/support/sandbox'
import {
  ago,
  DAY,
  depositRequest,
  everyOf,
  failureOf,
  HOUR,
  json,
  payoutRequest,
  refusal,
  strangePaypal,
  usd,
  quietPaypal,
} from './helpers.js'

const SEARCH = 'GET /v1/reporting/transactions'

async function charge(): Promise<string> {
  const { id } = await paypal.createDeposit(depositRequest())
  sandbox.approve(id)
  return (await paypal.captureDeposit(id, randomUUID())).chargeId
}

/** Everything that the sandbox has ever booked. */
function listed(): Promise<ProviderBalanceTransaction[]> {
  const to = new Date(sandbox.now + HOUR)
  return everyOf(paypal.listBalanceTransactions({ from: ago(2 * DAY), to }))
}

const shortly = ({
  type,
  kind,
  sourceId,
  amount,
  fee,
  net,
  status,
}: ProviderBalanceTransaction) => ({
  type,
  kind,
  sourceId,
  amount: amount.toDecimal(),
  fee: fee.toDecimal(),
  net: net.toDecimal(),
  status,
})

test.group('The balance at PayPal', (group) => {
  group.each.setup(quietPaypal)

  test('is what is available, and what is withheld beside it', async ({ assert }) => {
    await strangePaypal({
      'GET /v1/reporting/balances': json({
        balances: [
          {
            currency: 'USD',
            total_balance: { currency_code: 'USD', value: '100.00' },
            available_balance: { currency_code: 'USD', value: '70.00' },
            withheld_balance: { currency_code: 'USD', value: '30.00' },
          },
          { currency: 'EUR', total_balance: { currency_code: 'EUR', value: '5.00' } },
          { currency: 'KWD', total_balance: { currency_code: 'KWD', value: '500' } },
        ],
      }),
    })
    const balances = await paypal.getBalance()
    assert.deepEqual(
      balances.map(({ currency, available, pending }) => [
        currency,
        available.toDecimal(),
        pending.toDecimal(),
      ]),
      [
        ['USD', '70.00', '30.00'],
        ['EUR', '0.00', '5.00'],
      ]
    )
    await strangePaypal({ 'GET /v1/reporting/balances': json({}) })
    assert.equal((await failureOf(paypal.getBalance())).kind, 'unknown')
  })

  test('every kind of movement has its word, its source and its fee', async ({ assert }) => {
    const chargeId = await charge()
    const refund = await paypal.refund({
      key: 'r',
      transactionId: randomUUID(),
      chargeId,
      amount: usd('100.00'),
      reason: 'x',
    })
    const payout = await paypal.createPayout(payoutRequest())
    sandbox.advance(1000)
    const { balanceSourceId } = await paypal.getPayout(payout.id)
    sandbox.setPayoutItem(payout.id, 'RETURNED')
    const topUp = sandbox.topUp(50_000)
    const withdrawal = sandbox.withdraw(20_000)
    const odd = sandbox.adjustBalance(123)
    const rows = await listed()
    assert.deepEqual(rows.slice(1).map(shortly), [
      {
        type: 'T0006',
        kind: 'deposit',
        sourceId: chargeId,
        amount: '1000.00',
        fee: '35.39',
        net: '964.61',
        status: 'available',
      },
      {
        type: 'T1107',
        kind: 'refund',
        sourceId: refund.id,
        amount: '-100.00',
        fee: '0.00',
        net: '-100.00',
        status: 'available',
      },
      {
        type: 'T0001',
        kind: 'payout',
        sourceId: balanceSourceId!,
        amount: '-900.00',
        fee: '0.25',
        net: '-900.25',
        status: 'available',
      },
      {
        type: 'T1114',
        kind: 'payout_returned',
        sourceId: balanceSourceId!,
        amount: '900.00',
        fee: '0.00',
        net: '900.00',
        status: 'available',
      },
      {
        type: 'T0300',
        kind: 'top_up',
        sourceId: topUp,
        amount: '500.00',
        fee: '0.00',
        net: '500.00',
        status: 'available',
      },
      {
        type: 'T0400',
        kind: 'withdrawal',
        sourceId: withdrawal,
        amount: '-200.00',
        fee: '0.00',
        net: '-200.00',
        status: 'available',
      },
      {
        type: 'T1900',
        kind: 'other',
        sourceId: odd,
        amount: '1.23',
        fee: '0.00',
        net: '1.23',
        status: 'available',
      },
    ])
    const [opening] = rows
    assert.deepInclude(shortly(opening), { kind: 'top_up', amount: '100000.00' })
    const [{ available, pending }] = await paypal.getBalance()
    const sum = rows.reduce((total, { net }) => total + net.minor, 0n)
    assert.equal(sum, available.add(pending).minor, 'the list adds up to the balance')
  })

  test('{code} of {value} is {kind}')
    .with([
      { code: 'T0006', value: '-5.00', kind: 'other', source: 'TX1' },
      { code: 'T0000', value: '5.00', kind: 'deposit', source: 'TX1' },
      { code: 'T0001', value: '5.00', kind: 'other', source: 'TX1' },
      { code: 'T1107', value: '5.00', kind: 'refund_failed', source: 'TX1' },
      { code: 'T1115', value: '5.00', kind: 'payout_returned', source: 'REF1' },
      {
        code: 'T1106',
        value: '-5.00',
        kind: 'dispute_withdrawn',
        source: 'REF1/withdrawn/2026-01-31/5.00',
      },
      {
        code: 'T1110',
        value: '-5.00',
        kind: 'dispute_withdrawn',
        source: 'REF1/withdrawn/2026-01-31/5.00',
      },
      {
        code: 'T1111',
        value: '5.00',
        kind: 'dispute_reinstated',
        source: 'REF1/reinstated/2026-01-31/5.00',
      },
      { code: 'T0114', value: '-5.00', kind: 'fee', source: 'REF1/fee_taken/2026-01-31/5.00' },
      { code: 'T1108', value: '5.00', kind: 'fee', source: 'REF1/fee_returned/2026-01-31/5.00' },
      { code: 'T0100', value: '-5.00', kind: 'fee', source: 'TX1' },
      { code: 'T1101', value: '5.00', kind: 'withdrawal', source: 'REF1' },
      { code: 'T1104', value: '-5.00', kind: 'top_up', source: 'REF1' },
      { code: 'T0200', value: '5.00', kind: 'other', source: 'TX1' },
      { code: 'T1503', value: '-5.00', kind: 'other', source: 'TX1' },
      { code: 'T2101', value: '-5.00', kind: 'other', source: 'TX1' },
      { code: undefined, value: '5.00', kind: 'other', source: 'TX1' },
    ])
    .run(async ({ assert }, { code, value, kind, source }) => {
      await strangePaypal({
        [SEARCH]: json(
          page([
            row({
              transaction_event_code: code,
              transaction_amount: { currency_code: 'USD', value },
            }),
          ])
        ),
      })
      const period = { from: ago(HOUR), to: new Date() }
      const [only] = await everyOf(paypal.listBalanceTransactions(period))
      assert.deepInclude(only, { kind, sourceId: source } as never)
    })

  test('a status says whether the money is here, and none that we do not know does', async ({
    assert,
  }) => {
    for (const [status, meaning] of [
      ['S', 'available'],
      ['V', 'available'],
      ['P', 'pending'],
      ['D', 'failed'],
      ['X', 'pending'],
      [undefined, 'pending'],
    ]) {
      await strangePaypal({ [SEARCH]: json(page([row({ transaction_status: status })])) })
      const [only] = await everyOf(
        paypal.listBalanceTransactions({ from: ago(HOUR), to: new Date() })
      )
      assert.equal(only.status, meaning)
    }
  })

  test('a year is asked for in periods that PayPal takes, page by page, each row once', async ({
    assert,
  }) => {
    let made = 0
    const asked = await strangePaypal({
      [SEARCH]: ({ query }, response) => {
        const number = Number(query.page)
        const rows = Array.from({ length: number < 3 ? 500 : 7 }, () =>
          row({ transaction_id: `TX${made++}` })
        )
        json(page(rows, { page: number, total_pages: 3 }))({} as never, response)
      },
    })
    const period = { from: ago(365 * DAY), to: new Date() }
    const rows = await everyOf(paypal.listBalanceTransactions(period))
    assert.lengthOf(asked, 36)
    assert.lengthOf(rows, 12 * 1007)
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
    assert.isTrue(asked.every(({ query }) => query.page_size === '500'))
    const starts = [...new Set(asked.map(({ query }) => query.start_date))]
    const ends = [...new Set(asked.map(({ query }) => query.end_date))]
    assert.lengthOf(starts, 12)
    for (const [at, end] of ends.entries()) {
      assert.isAtMost(Date.parse(end) - Date.parse(starts[at]), 31 * DAY)
      const next = starts.at(at + 1)
      if (next)
        assert.equal(
          Date.parse(next) - Date.parse(end),
          1000,
          'no second is asked for twice, or left out'
        )
    }
  })

  test('a period of too many rows is halved until it fits', async ({ assert }) => {
    const spans: [number, number][] = []
    await strangePaypal({
      [SEARCH]: ({ query }, response) => {
        const [from, to] = [Date.parse(query.start_date), Date.parse(query.end_date)]
        if (to - from > 8 * DAY) return refusal(400, 'RESULTSET_TOO_LARGE')({} as never, response)
        spans.push([from, to])
        json(page([row({ transaction_id: `TX${spans.length}` })]))({} as never, response)
      },
    })
    const rows = await everyOf(
      paypal.listBalanceTransactions({ from: ago(31 * DAY - HOUR), to: new Date() })
    )
    assert.lengthOf(rows, 4)
    for (const [at, [from]] of spans.entries()) {
      if (at > 0) assert.equal(from - spans[at - 1][1], 1000)
    }
  })

  test('a list that breaks off says so', async ({ assert }) => {
    await strangePaypal({
      [SEARCH]: [json(page([row()], { total_pages: 2 })), refusal(500, 'INTERNAL_SERVER_ERROR')],
    })
    const list = everyOf(paypal.listBalanceTransactions({ from: ago(DAY), to: new Date() }))
    assert.equal((await failureOf(list)).kind, 'unknown')
  })
})

test.group('Disputes at PayPal', (group) => {
  group.each.setup(quietPaypal)

  const evidence = (more: Partial<DisputeEvidence> = {}): DisputeEvidence => ({
    key: 'safesend:1:evidence:1',
    customerName: 'Clara Client',
    customerEmail: 'clara@example.com',
    productDescription: 'Logo design',
    serviceDate: new Date('2026-01-31T10:00:00Z'),
    narrative: '2026-01-31 delivered "logo.svg"\n2026-02-01 approved',
    ...more,
  })

  test('a chargeback takes the money and a fee; both are found in the balance under one name', async ({
    assert,
  }) => {
    const chargeId = await charge()
    const id = sandbox.openDispute(chargeId, { amount: 120_000 })
    const open = await paypal.getDispute(id)
    assert.deepInclude(open, { state: 'needs_response', evidenceSubmitted: false })
    assert.equal(open.amount.toString(), '1200.00 USD')
    assert.deepEqual(
      open.movements.map(({ kind, amount, fee }) => [kind, amount.toDecimal(), fee.toDecimal()]),
      [
        ['withdrawn', '1200.00', '0.00'],
        ['withdrawn', '0.00', '20.00'],
      ]
    )
    sandbox.resolveDispute(id, 'seller')
    const won = await paypal.getDispute(id)
    assert.equal(won.state, 'won')
    assert.lengthOf(won.movements, 3)
    assert.deepInclude(won.movements[2], { kind: 'reinstated' })
    assert.isUndefined(won.evidenceDueBy)
    assert.deepEqual(
      open.movements.map((each) => each.id),
      won.movements.slice(0, 2).map((each) => each.id),
      'a movement keeps its name'
    )
    const sources = (await listed()).map(({ sourceId }) => sourceId)
    for (const movement of won.movements) assert.include(sources, movement.id)
    assert.equal(new Set(won.movements.map((each) => each.id)).size, 3)
  })

  test('{resolution} is {state}')
    .with([
      { resolution: 'buyer' as const, state: 'lost' },
      { resolution: 'seller' as const, state: 'won' },
      { resolution: 'cancelled' as const, state: 'closed' },
      { resolution: 'payout' as const, state: 'won' },
    ])
    .run(async ({ assert }, { resolution, state }) => {
      const id = sandbox.openDispute(await charge())
      sandbox.resolveDispute(id, resolution)
      assert.equal((await paypal.getDispute(id)).state, state)
    })

  test('an inquiry that ends by itself is closed, one that escalates takes the money', async ({
    assert,
  }) => {
    const one = sandbox.openDispute(await charge(), { stage: 'INQUIRY' })
    sandbox.advance(21 * DAY)
    assert.equal((await paypal.getDispute(one)).state, 'closed')
    const two = sandbox.openDispute(await charge(), { stage: 'INQUIRY' })
    sandbox.escalateDispute(two)
    const escalated = await paypal.getDispute(two)
    assert.equal(escalated.state, 'needs_response')
    assert.lengthOf(escalated.movements, 2)
  })

  test('two movements that are alike have two names', async ({ assert }) => {
    const movement = {
      affected_party: 'SELLER',
      amount: { currency_code: 'USD', value: '5.00' },
      type: 'DEBIT',
      reason: 'DISPUTE_SETTLEMENT',
    }
    await strangePaypal({
      'GET /v1/customer/disputes/D1': json({
        dispute_id: 'D1',
        create_time: '2026-01-31T10:00:00Z',
        status: 'SOMETHING_NEW',
        disputed_transactions: [{ seller_transaction_id: 'C1' }],
        dispute_amount: { currency_code: 'USD', value: '5.00' },
        money_movements: [
          { ...movement, initiated_time: '2026-01-31T12:00:00Z' },
          { ...movement, initiated_time: '2026-01-31T10:00:00Z' },
          { ...movement, initiated_time: '2026-01-31T10:00:00Z', affected_party: 'BUYER' },
        ],
      }),
    })
    const { state, movements } = await paypal.getDispute('D1')
    assert.equal(state, 'under_review')
    assert.sameMembers(
      movements.map(({ id }) => id),
      ['C1/withdrawn/2026-01-31/5.00', 'C1/withdrawn/2026-01-31/5.00/2']
    )
    assert.isBelow(movements[0].at.getTime(), movements[1].at.getTime())
  })

  test('evidence is given once under one key', async ({ assert }) => {
    const id = sandbox.openDispute(await charge())
    const after = await paypal.submitEvidence(id, evidence())
    assert.deepInclude(after, { state: 'under_review', evidenceSubmitted: true })
    const asked = () => sandbox.requestLog.filter(({ path }) => path.endsWith('/provide-evidence'))
    assert.lengthOf(asked(), 1)
    await paypal.submitEvidence(id, evidence())
    assert.lengthOf(asked(), 1)
    const [dispute] = sandbox.disputes
    const given = (dispute.evidences ?? []).map(({ notes }) => notes).join('')
    for (const words of ['Clara Client', 'Logo design', '2026-01-31', '"logo.svg"', 'approved']) {
      assert.include(given, words)
    }
  })

  test('what is longer than a note takes several, and what is longer than all says so', async ({
    assert,
  }) => {
    const id = sandbox.openDispute(await charge())
    const narrative = `${'Grüße 🎉 '.repeat(3000)}the end`
    await paypal.submitEvidence(id, evidence({ narrative }))
    const notes = (sandbox.disputes[0].evidences ?? []).map((each) => each.notes ?? '')
    assert.lengthOf(notes, 10)
    assert.isTrue(notes.every(({ length }) => length <= 2000))
    assert.isTrue(notes.at(-1)!.endsWith('[…]'))
  })

  test('a dispute that cannot be read hides none after it, and is not passed over in silence', async ({
    assert,
  }) => {
    const chargeId = await charge()
    const ids = Array.from({ length: 3 }, () => sandbox.openDispute(chargeId))
    const broken = sandbox.disputes.find(({ dispute_id: id }) => id === ids[1])!
    // Which payment it is about, PayPal need not say.
    delete broken.disputed_transactions![0].seller_transaction_id
    const found: string[] = []
    const failure = await failureOf(
      (async () => {
        const period = { from: ago(HOUR), to: new Date(Date.now() + HOUR) }
        for await (const { id } of paypal.listDisputes(period)) found.push(id)
      })()
    )
    assert.equal(failure.code, 'malformed_answer')
    assert.sameMembers(found, [ids[0], ids[2]])
  })

  test('every dispute of a period is listed, over as many pages as it takes', async ({
    assert,
  }) => {
    const chargeId = await charge()
    const ids = Array.from({ length: 51 }, () => sandbox.openDispute(chargeId))
    const found = await everyOf(
      paypal.listDisputes({ from: ago(HOUR), to: new Date(Date.now() + HOUR) })
    )
    assert.sameMembers(
      found.map(({ id }) => id),
      ids
    )
    assert.isEmpty(await everyOf(paypal.listDisputes({ from: ago(3 * DAY), to: ago(2 * DAY) })))
    assert.isEmpty(await everyOf(paypal.listDisputes({ from: ago(300 * DAY), to: ago(200 * DAY) })))
  })
})

test.group('Events that may never have come', (group) => {
  group.each.setup(quietPaypal)

  test('are listed as webhooks bring them, over as many pages as it takes', async ({ assert }) => {
    const chargeId = await charge()
    for (let at = 0; at < 101; at++) sandbox.openDispute(chargeId)
    const period = { from: ago(HOUR), to: new Date(Date.now() + HOUR) }
    const found = await everyOf(paypal.listEvents(period, []))
    assert.isAbove(found.length, 100)
    assert.sameMembers(
      found.map(({ event }) => event.id),
      sandbox.events.map(({ id }) => id)
    )
    const { event, payload } = found[0]
    assert.deepEqual(paypal.parseEvent(payload), event)
  })

  test('a list that leads nowhere new ends', async ({ assert }) => {
    const next = [
      { rel: 'next', href: 'https://attacker.example/v1/notifications/webhooks-events?page=2' },
    ]
    const asked = await strangePaypal({
      'GET /v1/notifications/webhooks-events': json({ events: [], links: next }),
    })
    assert.isEmpty(await everyOf(paypal.listEvents({ from: ago(HOUR), to: new Date() }, [])))
    assert.lengthOf(asked, 2)
    assert.equal(asked[1].query.page, '2')
  })
})

function row(more: object = {}) {
  return {
    transaction_info: {
      transaction_id: 'TX1',
      paypal_reference_id: 'REF1',
      transaction_event_code: 'T0006',
      transaction_initiation_date: '2026-01-31T12:00:00Z',
      transaction_amount: { currency_code: 'USD', value: '5.00' },
      transaction_status: 'S',
      ...more,
    },
  }
}

function page(rows: object[], more: object = {}) {
  return { transaction_details: rows, page: 1, total_pages: 1, ...more }
}
