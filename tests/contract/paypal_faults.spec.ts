import { test } from '@japa/runner'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PayPalSandbox, type FaultPlan } from '../../sandbox/paypal/index.js'
import { anOrder, Client, orderFor, payoutFor, started } from './paypal_helpers.js'

const SERVER = fileURLToPath(new URL('../../sandbox/server.ts', import.meta.url))
const PAYOUTS = 'POST /v1/payments/payouts'

test.group('PayPal stand-in: faults', () => {
  const kinds: FaultPlan['with'][] = ['timeout', 'reset', 500, 429, 'malformed']

  test('each fault has no effect before it, and its effect after it: {at}')
    .with([
      { at: 'before', effects: 0 },
      { at: 'after', effects: 1 },
    ] as const)
    .run(async (ctx, { at, effects }) => {
      const { sandbox, client } = await started(ctx.test)
      await client.token()
      for (const kind of kinds) {
        await sandbox.reset()
        sandbox.failNext(PAYOUTS, { at, with: kind })
        const send = () =>
          client.post('/v1/payments/payouts', payoutFor('5.00', { id: 'p' }), {
            signal: AbortSignal.timeout(500),
          })
        if (typeof kind === 'number') ctx.assert.equal((await send()).status, kind)
        else await ctx.assert.rejects(send)
        ctx.assert.equal(sandbox.effects('payout_batch'), effects, String(kind))
        ctx.assert.equal(sandbox.requestLog.at(-1)?.fault, kind)
        // Sent again it pays once, whatever happened to the first.
        const again = await client.post('/v1/payments/payouts', payoutFor('5.00', { id: 'p' }))
        ctx.assert.equal(again.status, effects === 0 ? 201 : 400)
        ctx.assert.containSubset(sandbox.effectsOf('p'), { payouts: 1 })
      }
    })

  test('too many requests are told how long to wait', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    sandbox.failNext('GET /v1/reporting/balances', { at: 'before', with: 429 })
    const { body } = await client.token()
    const answer = await fetch(`${sandbox.url}/v1/reporting/balances`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    ctx.assert.equal(answer.headers.get('retry-after'), '1')
    ctx.assert.containSubset(await answer.json(), { name: 'RATE_LIMIT_REACHED' })
  })

  test('faults come in the order in which they were planned, so often, and to whom', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const on = 'POST /v2/checkout/orders/{id}/capture'
    sandbox.failNext(on, { at: 'before', with: 500, times: 2 })
    sandbox.failNext(on, { at: 'before', with: 429 })
    const order = await anOrder(client)
    sandbox.approve(order)
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) {
      statuses.push((await client.post(`/v2/checkout/orders/${order}/capture`, {})).status)
    }
    ctx.assert.deepEqual(statuses, [500, 500, 429, 201])
    const forInvoice = (invoice: string) => (params: Record<string, unknown>) =>
      JSON.stringify(params).includes(invoice)
    const match = forInvoice('unlucky')
    sandbox.failNext('POST /v2/checkout/orders', { at: 'before', with: 500, match })
    const send = async (invoice: string) => {
      const body = orderFor('5.00', { invoice })
      return (await client.post('/v2/checkout/orders', body, { requestId: invoice })).status
    }
    ctx.assert.deepEqual([await send('lucky'), await send('unlucky')], [201, 500])
  })
})

/** Runs both stand-ins as a process; resolves with PayPal's address when it is ready. */
async function served(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import=@poppinss/ts-exec', SERVER], {
    env: { ...process.env, SANDBOX_STRIPE_PORT: '0', SANDBOX_PAYPAL_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const [, found] = /PayPal sandbox ready at (\S+)/.exec(chunk.toString()) ?? []
      if (found) resolve(found)
    })
    void ended.then((code) => reject(new Error(`The server ended with ${code}`)))
  })
  const control = async (name: string, body?: object) => {
    const how = body && { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${url}/_sandbox/${name}`, how)
    return (await response.json()) as Record<string, unknown>
  }
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { url, control, end, client: new Client({ url } as PayPalSandbox) }
}

test.group('PayPal stand-in: its own process', () => {
  test('state, tokens, request ids and the clock survive a kill', async (ctx) => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
    ctx.test.cleanup(() => rmSync(folder, { recursive: true }))
    const first = await served({ SANDBOX_PAYPAL_DATA_DIR: folder })
    const { access_token: token } = (await first.client.token()).body
    const wanted = orderFor('5.00')
    const send = ({ client }: typeof first) =>
      client.post('/v2/checkout/orders', wanted, { requestId: 'k', token })
    const { body: order } = await send(first)
    await first.control('approve', { order: order.id })
    await first.client.post(`/v2/checkout/orders/${order.id}/capture`, {}, { token })
    await first.control('advance', { ms: 3_600_000 })
    const { body: balance } = await first.client.get('/v1/reporting/balances', { token })
    await first.end('SIGKILL')
    appendFileSync(join(folder, 'paypal.journal'), '[{"put":{"kind":"order","id":"TORN')

    const second = await served({ SANDBOX_PAYPAL_DATA_DIR: folder })
    const { body: replayed } = await send(second)
    ctx.assert.equal(replayed.id, order.id)
    ctx.assert.equal(replayed.status, 'COMPLETED')
    const { body: restored } = await second.client.get('/v1/reporting/balances', { token })
    ctx.assert.deepEqual(restored.balances, balance.balances)
    ctx.assert.isAbove(Number((await second.control('clock')).now), Date.now() + 3_000_000)
    ctx.assert.equal(await second.end('SIGTERM'), 0)
  }).timeout(30_000)

  test('controls over HTTP do what the methods do, and the contract is watched', async (ctx) => {
    const { client, control, end } = await served({ SANDBOX_CONTRACT: '1' })
    const { body: order } = await client.post('/v2/checkout/orders', orderFor('5.00'), {
      requestId: 'a',
    })
    ctx.assert.deepEqual(await control('approve', { order: order.id, instrument: 'echeck' }), {
      payable: true,
    })
    await control('fail_next', { on: PAYOUTS, at: 'after', with: 500 })
    await control('plan_payout', { outcome: 'UNCLAIMED' })
    const sent = await client.post('/v1/payments/payouts', payoutFor('5.00', { id: 'batch-7' }))
    ctx.assert.equal(sent.status, 500)
    ctx.assert.containSubset(await control('effects_of?id=batch-7'), { batches: 1, payouts: 1 })
    ctx.assert.deepEqual(await control('effects?kind=payout_batch'), { count: 1 })
    await client.post(`/v2/checkout/orders/${order.id}/capture`, {})
    const [capture] = (await control('state?kind=capture')) as unknown as { id: string }[]
    await control('settle_capture', { capture: capture.id })
    const { dispute } = await control('open_dispute', { capture: capture.id, stage: 'INQUIRY' })
    await control('resolve_dispute', { dispute, resolution: 'seller' })
    const unknown = await control('settle_capture', { capture: 'NONE' })
    ctx.assert.property(unknown, 'error')
    ctx.assert.deepEqual(await control('contract'), { violations: [] })
    await client.post('/v2/checkout/orders', { escrow: 1 }, { requestId: 'b' })
    const { violations } = await control('contract')
    ctx.assert.isNotEmpty(violations)
    ctx.assert.equal(await end('SIGINT'), 0)
  }).timeout(30_000)
})

test.group('PayPal stand-in: the hosted page', () => {
  const submit = (url: string, form: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })

  test('the payer agrees or does not, and goes back to whence they came', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const wanted = orderFor('75.00', { invoice: '<b>7</b>' })
    const back = { return_url: 'https://example.com/ok?a=1', cancel_url: 'https://example.com/no' }
    const { body } = await client.post(
      '/v2/checkout/orders',
      { ...wanted, payment_source: { paypal: { experience_context: back } } },
      { requestId: 'a' }
    )
    const url = body.links.find(({ rel }: { rel: string }) => rel === 'payer-action').href
    const page = await (await fetch(url)).text()
    ctx.assert.include(page, '75.00 USD')
    ctx.assert.include(page, 'Pay with PayPal')
    ctx.assert.include(page, 'width=device-width')
    ctx.assert.notInclude(page, '<b>7')
    const cancelled = await submit(url, { action: 'cancel' })
    ctx.assert.equal(cancelled.headers.get('location'), `https://example.com/no?token=${body.id}`)
    ctx.assert.equal(sandbox.orders[0].status, 'PAYER_ACTION_REQUIRED')
    const agreed = await submit(url, { action: 'approve', instrument: 'balance' })
    const payer = sandbox.orders[0].payer?.payer_id
    ctx.assert.equal(
      agreed.headers.get('location'),
      `https://example.com/ok?a=1&token=${body.id}&PayerID=${payer}`
    )
    ctx.assert.equal(sandbox.orders[0].status, 'APPROVED')
  })

  test('Venmo has its own page, and an order that cannot be paid says so', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const order = await anOrder(client, '5.00', { wallet: 'venmo' })
    const url = `${sandbox.url}/checkoutnow?token=${order}`
    ctx.assert.include(await (await fetch(url)).text(), 'Pay with Venmo')
    const agreed = await submit(url, { action: 'approve' })
    ctx.assert.equal(agreed.status, 303)
    ctx.assert.include(await (await fetch(url)).text(), 'Approved')
    await client.post(`/v2/checkout/orders/${order}/capture`, {})
    ctx.assert.include(await (await fetch(url)).text(), 'has been paid')
    const late = await anOrder(client)
    sandbox.advance(7 * 3_600_000)
    ctx.assert.equal((await fetch(`${sandbox.url}/checkoutnow?token=${late}`)).status, 410)
    ctx.assert.equal((await fetch(`${sandbox.url}/checkoutnow?token=NONE`)).status, 404)
  })

  test('what clears later is not offered to who must pay at once', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const context = { payment_method_preference: 'IMMEDIATE_PAYMENT_REQUIRED' }
    const offered = async (experience: object) => {
      const { body } = await client.post(
        '/v2/checkout/orders',
        { ...orderFor(), payment_source: { paypal: { experience_context: experience } } },
        { requestId: JSON.stringify(experience) }
      )
      return (await fetch(`${sandbox.url}/checkoutnow?token=${body.id}`)).text()
    }
    ctx.assert.include(await offered({}), 'clears later')
    ctx.assert.notInclude(await offered(context), 'clears later')
  })
})
