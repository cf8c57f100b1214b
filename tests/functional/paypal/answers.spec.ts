import { test } from '@japa/runner'
import { paypal } from '#payments/paypal/index'
import {
  depositRequest,
  failureOf,
  issue,
  json,
  payoutRequest,
  refusal,
  serverInPaypalsPlace,
  strangePaypal,
  withSetting,
} from './helpers.js'

const CREATE = 'POST /v2/checkout/orders'
const order = (more: object = {}) => ({
  id: 'ORDER1',
  status: 'PAYER_ACTION_REQUIRED',
  purchase_units: [{ amount: { currency_code: 'USD', value: '1000.00' }, custom_id: 'tx-1' }],
  links: [{ rel: 'payer-action', href: 'https://paypal.example/approve', method: 'GET' }],
  ...more,
})

test.group('What an answer of PayPal means', () => {
  test('{name} is {kind}, {code}')
    .with([
      {
        name: 'an issue of a request',
        kind: 'declined',
        code: 'PAYER_CANNOT_PAY',
        answer: issue('PAYER_CANNOT_PAY'),
      },
      {
        name: 'a refusal without details',
        kind: 'declined',
        code: 'VALIDATION_ERROR',
        answer: refusal(400, 'VALIDATION_ERROR'),
      },
      {
        name: 'a balance too short, in a refund',
        kind: 'declined',
        code: 'balance_insufficient',
        answer: issue('REFUND_FAILED_INSUFFICIENT_FUNDS'),
      },
      {
        name: 'a balance too short, in a payout',
        kind: 'declined',
        code: 'balance_insufficient',
        answer: refusal(422, 'INSUFFICIENT_FUNDS'),
      },
      {
        name: 'a balance too short told as 403',
        kind: 'declined',
        code: 'balance_insufficient',
        answer: refusal(403, 'INSUFFICIENT_FUNDS'),
      },
      {
        name: 'another request with the same key under way',
        kind: 'retry',
        code: 'PREVIOUS_REQUEST_IN_PROGRESS',
        answer: issue('PREVIOUS_REQUEST_IN_PROGRESS', 409),
      },
      {
        name: 'the same told as 422',
        kind: 'retry',
        code: 'PREVIOUS_REQUEST_IN_PROGRESS',
        answer: issue('PREVIOUS_REQUEST_IN_PROGRESS', 422),
      },
      {
        name: 'a key that was used for something else',
        kind: 'unknown',
        code: 'DUPLICATE_REQUEST_ID',
        answer: issue('DUPLICATE_REQUEST_ID'),
      },
      {
        name: 'too many requests',
        kind: 'retry',
        code: 'RATE_LIMIT_REACHED',
        answer: json({ name: 'RATE_LIMIT_REACHED', message: 'Wait.' }, 429, { 'retry-after': '5' }),
      },
      {
        name: "a proxy's own 429",
        kind: 'retry',
        code: 'busy',
        answer: json('<html></html>', 429, { 'retry-after': '5' }),
      },
      {
        name: 'a feature that our account does not have',
        kind: 'retry',
        code: 'NOT_AUTHORIZED',
        answer: refusal(403, 'NOT_AUTHORIZED'),
      },
      {
        name: '500',
        kind: 'unknown',
        code: 'INTERNAL_SERVER_ERROR',
        answer: refusal(500, 'INTERNAL_SERVER_ERROR'),
      },
      {
        name: '503',
        kind: 'unknown',
        code: 'SERVICE_UNAVAILABLE',
        answer: refusal(503, 'SERVICE_UNAVAILABLE'),
      },
      {
        name: '408',
        kind: 'unknown',
        code: 'REQUEST_TIMEOUT',
        answer: refusal(408, 'REQUEST_TIMEOUT'),
      },
      {
        name: "a proxy's own 502 page",
        kind: 'unknown',
        code: 'http_502',
        answer: json('<html>Bad gateway</html>', 502),
      },
      {
        name: "a proxy's own 404",
        kind: 'unknown',
        code: 'http_404',
        answer: json({ message: 'no route' }, 404),
      },
      {
        name: 'a 403 of something in between',
        kind: 'unknown',
        code: 'http_403',
        answer: json('Forbidden', 403),
      },
      {
        name: 'a redirect, which is not followed',
        kind: 'unknown',
        code: 'http_302',
        answer: json('', 302, { location: 'https://attacker.example/' }),
      },
      { name: 'an empty object', kind: 'unknown', code: 'malformed_answer', answer: json({}) },
      { name: 'null', kind: 'unknown', code: 'malformed_answer', answer: json('null') },
      { name: 'nothing', kind: 'unknown', code: 'malformed_answer', answer: json('') },
      {
        name: 'half an answer',
        kind: 'unknown',
        code: 'malformed_answer',
        answer: json('{"id":"ORD'),
      },
      { name: 'another shape', kind: 'unknown', code: 'malformed_answer', answer: json({ id: 7 }) },
      {
        name: 'an order without an amount',
        kind: 'unknown',
        code: 'foreign_currency',
        answer: json(order({ purchase_units: [{}] })),
      },
    ])
    .run(async ({ assert }, { kind, code, answer }) => {
      await strangePaypal({ [CREATE]: answer })
      const failure = await failureOf(paypal.createDeposit(depositRequest()))
      assert.deepInclude(failure, { kind, code, replayed: false })
    })

  test('a failure tells its reason in words, and how PayPal finds it again', async ({ assert }) => {
    await strangePaypal({ [CREATE]: issue('PAYER_CANNOT_PAY') })
    const { message } = await failureOf(paypal.createDeposit(depositRequest()))
    assert.equal(message, 'No. (debug id b1d1f06c7246c)')
  })

  test('no answer in time is unknown, also when it begins and does not end')
    .with([{ begins: false }, { begins: true }])
    .run(async ({ assert }, { begins }) => {
      await strangePaypal({
        [CREATE]: (_, response) => {
          if (begins) response.writeHead(201, { 'content-type': 'application/json' }).write('{"id"')
        },
      })
      withSetting('PAYPAL_TIMEOUT_MS', 300)
      const failure = await failureOf(paypal.createDeposit(depositRequest()))
      assert.deepInclude(failure, { kind: 'unknown', code: 'timeout' })
    })

  test('an answer that drips may not take longer than any other', async ({ assert }) => {
    await strangePaypal({
      [CREATE]: (_, response) => {
        response.writeHead(201, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 100)
        response.on('close', () => clearInterval(drip))
      },
    })
    withSetting('PAYPAL_TIMEOUT_MS', 500)
    const failure = await failureOf(paypal.createDeposit(depositRequest()))
    assert.deepInclude(failure, { kind: 'unknown', code: 'timeout' })
  })

  test("somebody else's id is never another path", async ({ assert }) => {
    const asked = await strangePaypal({})
    await failureOf(paypal.getPayout('../../v1/reporting/balances?x='))
    assert.equal(asked[0].path, '/v1/payments/payouts/..%2F..%2Fv1%2Freporting%2Fbalances%3Fx%3D')
  })
})

test.group('The token for PayPal', () => {
  const ORDER = json(order())
  const token = (value: string, seconds = 32_400) =>
    json({ access_token: value, token_type: 'Bearer', expires_in: seconds })

  test('is fetched once, also when many ask at once', async ({ assert }) => {
    let fetched = 0
    const asked = await strangePaypal({
      'POST /v1/oauth2/token': (request, response) => {
        fetched++
        assert.match(request.headers.authorization ?? '', /^Basic /)
        assert.equal(request.body, 'grant_type=client_credentials')
        token('T1')(request, response)
      },
      [CREATE]: ORDER,
    })
    await Promise.all(Array.from({ length: 5 }, () => paypal.createDeposit(depositRequest())))
    await paypal.createDeposit(depositRequest())
    assert.equal(fetched, 1)
    assert.lengthOf(asked, 6)
    assert.isTrue(asked.every(({ headers }) => headers.authorization === 'Bearer T1'))
  })

  test('is replaced before it expires', async ({ assert }) => {
    const asked = await strangePaypal({
      'POST /v1/oauth2/token': [token('T1', 30), token('T2')],
      [CREATE]: ORDER,
    })
    await paypal.createDeposit(depositRequest())
    await paypal.createDeposit(depositRequest())
    assert.deepEqual(
      asked.map(({ headers }) => headers.authorization),
      ['Bearer T1', 'Bearer T2']
    )
  })

  test('is replaced once when it is refused, and the request sent again', async ({ assert }) => {
    const asked = await strangePaypal({
      'POST /v1/oauth2/token': [token('T1'), token('T2'), token('T3')],
      [CREATE]: [refusal(401, 'AUTHENTICATION_FAILURE'), ORDER],
    })
    const request = depositRequest()
    assert.equal((await paypal.createDeposit(request)).state, 'open')
    assert.deepEqual(
      asked.map(({ headers }) => [headers.authorization, headers['paypal-request-id']]),
      [
        ['Bearer T1', request.key],
        ['Bearer T2', request.key],
      ]
    )
  })

  test('that is refused again is ours to repair: send again later', async ({ assert }) => {
    const asked = await strangePaypal({ [CREATE]: refusal(401, 'AUTHENTICATION_FAILURE') })
    const failure = await failureOf(paypal.createDeposit(depositRequest()))
    assert.deepInclude(failure, { kind: 'retry', code: 'authentication' })
    assert.lengthOf(asked, 2)
  })

  test('{what} in its place means that nothing was asked')
    .with([
      { what: 'a refusal', answer: json({ error: 'invalid_client' }, 401) },
      { what: '500', answer: refusal(500, 'INTERNAL_SERVER_ERROR') },
      { what: 'rubbish', answer: json('<html></html>') },
      { what: 'an empty object', answer: json({}) },
    ])
    .run(async ({ assert }, { answer }) => {
      const asked = await strangePaypal({
        'POST /v1/oauth2/token': [answer, token('T2')],
        [CREATE]: ORDER,
      })
      assert.equal((await failureOf(paypal.createDeposit(depositRequest()))).kind, 'retry')
      assert.isEmpty(asked)
      // One that failed does not stand in the way of the next.
      assert.equal((await paypal.createDeposit(depositRequest())).state, 'open')
    })

  test('that does not come in time means the same, for whoever waits for it', async ({
    assert,
  }) => {
    let given = 0
    const base = await serverInPaypalsPlace((request, response) => {
      request.resume()
      given++
      if (given > 1) token('T2')({} as never, response)
    })
    assert.isString(base)
    withSetting('PAYPAL_TIMEOUT_MS', 300)
    const all = await Promise.all([1, 2, 3].map(() => failureOf(paypal.getBalance())))
    assert.deepEqual(
      all.map(({ kind, code }) => [kind, code]),
      Array(3).fill(['retry', 'timeout'])
    )
    assert.equal(given, 1)
  })
})

test.group('A payout that PayPal may have already', () => {
  const PAYOUTS = 'POST /v1/payments/payouts'
  const duplicate = (more: object, detail: object = {}) =>
    refusal(400, 'USER_BUSINESS_ERROR', {
      details: [{ field: 'SENDER_BATCH_ID', issue: 'Batch already exists', ...detail }],
      ...more,
    })
  const link = [{ href: 'https://api.paypal.com/v1/payments/payouts/B1', rel: 'self' }]
  const batch = (key: string) =>
    json({
      batch_header: {
        payout_batch_id: 'B1',
        batch_status: 'SUCCESS',
        sender_batch_header: { sender_batch_id: key },
        amount: { currency: 'USD', value: '900.00' },
      },
      items: [
        {
          transaction_id: 'TX1',
          transaction_status: 'SUCCESS',
          payout_item_fee: { currency: 'USD', value: '0.25' },
          payout_item: { amount: { currency: 'USD', value: '900.00' } },
        },
      ],
    })

  test('is followed to the one that it repeats, wherever the link stands')
    .with([
      { place: 'links', answer: duplicate({ links: link }) },
      { place: 'details', answer: duplicate({}, { link }) },
    ])
    .run(async ({ assert }, { answer }) => {
      const request = payoutRequest()
      const asked = await strangePaypal({
        [PAYOUTS]: answer,
        'GET /v1/payments/payouts/B1': batch(request.key),
      })
      const payout = await paypal.createPayout(request)
      assert.deepInclude(payout, {
        id: 'B1',
        key: request.key,
        transactionId: request.transactionId,
        state: 'succeeded',
        balanceSourceId: 'TX1',
      })
      assert.lengthOf(asked, 2)
    })

  test('{what} is unknown, never declined: a new key would pay twice')
    .with([
      { what: 'a duplicate without a link', answer: duplicate({}) },
      { what: "a duplicate of somebody else's", answer: duplicate({ links: link }) },
      {
        what: 'a link to another address',
        answer: duplicate({ links: [{ href: 'https://x/B1' }] }),
      },
      { what: 'a duplicate in other words', answer: refusal(400, 'DUPLICATE_BATCH') },
      {
        what: 'a duplicate that cannot be shown',
        answer: duplicate({ links: [{ href: '/v1/payments/payouts/B2' }] }),
      },
    ])
    .run(async ({ assert }, { answer }) => {
      await strangePaypal({
        [PAYOUTS]: answer,
        'GET /v1/payments/payouts/B1': batch('safesend:other:create:1'),
      })
      assert.equal((await failureOf(paypal.createPayout(payoutRequest()))).kind, 'unknown')
    })
})
