import { test } from '@japa/runner'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { depositRequest, failureOf, json, strangeServer, usd, withSecret } from './helpers.js'

const CREATE = 'POST /v1/payment_intents'
const refused = (type: string, code?: string) => ({ error: { type, code, message: 'No.' } })

test.group('What a failure at Stripe means', (group) => {
  group.each.setup(() => sandbox.reset())

  test('500 is unknown, also when its key replays it', async ({ assert }) => {
    const request = depositRequest()
    sandbox.failNext(CREATE, { at: 'after', with: 500, replay500: true })
    assert.equal((await failureOf(stripe.createDeposit(request))).kind, 'unknown')
    assert.equal((await failureOf(stripe.createDeposit(request))).kind, 'unknown')
    const found = await stripe.findByMetadata('deposit', request.transactionId, {
      projectId: request.projectId,
      since: new Date(),
    })
    assert.equal(found?.transactionId, request.transactionId)
  })

  test('a key used for something else proves nothing, and says so loudly', async ({ assert }) => {
    const request = depositRequest()
    await stripe.createDeposit(request)
    const other = stripe.createDeposit({ ...request, amount: usd('999.00') })
    assert.deepInclude(await failureOf(other), {
      kind: 'unknown',
      code: 'idempotency_key_mismatch',
    })
  })

  test('a wrong API key is ours to repair; the same request will do afterwards', async ({
    assert,
  }) => {
    const restore = withSecret('STRIPE_SECRET_KEY', 'sk_test_ wrong')
    const request = depositRequest()
    assert.equal((await failureOf(stripe.createDeposit(request))).kind, 'retry')
    restore()
    assert.equal((await stripe.createDeposit(request)).state, 'open')
  })

  test('what Stripe refuses for its content is declined', async ({ assert }) => {
    const failure = await failureOf(stripe.createDeposit(depositRequest({ amount: usd('0.10') })))
    assert.deepInclude(failure, { kind: 'declined', code: 'amount_too_small' })
  })

  test('an object that cannot be shown is no proof that there is none', async ({ assert }) => {
    const failure = await failureOf(stripe.getDeposit('pi_nowhere'))
    assert.deepInclude(failure, { kind: 'unknown', code: 'resource_missing' })
    assert.equal((await failureOf(stripe.getPayout('tr_nowhere'))).kind, 'unknown')
    assert.equal((await failureOf(stripe.getRefund('re_nowhere'))).kind, 'unknown')
  })

  test('{name} is {kind}')
    .with([
      {
        name: 'a lock time-out',
        kind: 'retry',
        status: 429,
        body: refused('invalid_request_error', 'lock_timeout'),
      },
      {
        name: 'a lock time-out told as 400',
        kind: 'retry',
        status: 400,
        body: refused('invalid_request_error', 'lock_timeout'),
      },
      {
        name: 'a rate limit told as 400',
        kind: 'retry',
        status: 400,
        body: refused('invalid_request_error', 'rate_limit'),
      },
      {
        name: 'a key without the permission',
        kind: 'retry',
        status: 403,
        body: refused('invalid_request_error', 'more_permissions_required'),
      },
      {
        name: 'an account that is not ours',
        kind: 'declined',
        status: 403,
        body: refused('invalid_request_error', 'account_invalid'),
      },
      {
        name: 'a declined card',
        kind: 'declined',
        status: 402,
        body: refused('card_error', 'card_declined'),
      },
      {
        name: 'an api_error told as 400',
        kind: 'unknown',
        status: 400,
        body: refused('api_error'),
      },
      {
        name: 'a failure of something behind Stripe',
        kind: 'unknown',
        status: 424,
        body: refused('api_error'),
      },
      { name: '503', kind: 'unknown', status: 503, body: refused('api_error') },
      {
        name: "a proxy's own 502 page",
        kind: 'unknown',
        status: 502,
        body: '<html>Bad gateway</html>',
      },
      {
        name: "a proxy's own 502 in JSON",
        kind: 'unknown',
        status: 502,
        body: { message: 'Bad gateway' },
      },
      {
        name: 'a 404 in another shape',
        kind: 'unknown',
        status: 404,
        body: { code: 5, message: 'no route' },
      },
      { name: 'an empty object', kind: 'unknown', status: 200, body: {} },
      { name: 'null', kind: 'unknown', status: 200, body: 'null' },
      {
        name: 'another object than asked for',
        kind: 'unknown',
        status: 200,
        body: { id: 're_1', object: 'refund' },
      },
    ])
    .run(async ({ assert }, { kind, status, body }) => {
      await strangeServer((response) => json(response, status, body))
      assert.equal((await failureOf(stripe.createDeposit(depositRequest()))).kind, kind)
    })
})
