import { test } from '@japa/runner'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refusal, sdkFor, started } from './stripe_helpers.js'

const SERVER = fileURLToPath(new URL('../../sandbox/server.ts', import.meta.url))

/** Runs the stand-in as a process; resolves with its address when it is ready. */
async function served(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import=@poppinss/ts-exec', SERVER], {
    env: { ...process.env, SANDBOX_STRIPE_PORT: '0', SANDBOX_PAYPAL_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const [found] = /http:\S+/.exec(chunk.toString()) ?? []
      if (found) resolve(found)
    })
    void ended.then((code) => reject(new Error(`The server ended with ${code}`)))
  })
  const post = async (name: string, body: object) => {
    const response = await fetch(`${url}/_sandbox/${name}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const get = async (name: string) => {
    const response = await fetch(`${url}/_sandbox/${name}`)
    return (await response.json()) as Record<string, unknown>
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { url, post, get, end, stripe: sdkFor(url) }
}

test.group('Stripe stand-in: its own process', () => {
  test('state and keys survive a kill, and a torn last line is ignored', async (ctx) => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
    ctx.test.cleanup(() => rmSync(folder, { recursive: true }))
    const first = await served({ SANDBOX_DATA_DIR: folder })
    const account = await first.stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    })
    await first.post('complete_onboarding', { account: account.id })
    const wanted = { amount: 700, currency: 'usd', destination: account.id }
    const transfer = await first.stripe.transfers.create(wanted, { idempotencyKey: 'k' })
    await first.post('advance', { ms: 3_600_000 })
    const balance = await first.stripe.balance.retrieve()
    await first.end('SIGKILL')
    appendFileSync(join(folder, 'stripe.journal'), '[{"put":{"kind":"transfer","id":"tr_torn')

    const second = await served({ SANDBOX_DATA_DIR: folder })
    const replayed = await second.stripe.transfers.create(wanted, { idempotencyKey: 'k' })
    ctx.assert.equal(replayed.id, transfer.id)
    const restored = await second.stripe.balance.retrieve()
    ctx.assert.deepEqual(restored.available, balance.available)
    const clock = await second.get('clock')
    ctx.assert.isAbove(Number(clock.now), Date.now() + 3_000_000)
    ctx.assert.equal(await second.end('SIGTERM'), 0)
  }).timeout(20_000)

  test('controls over HTTP do what the methods do, and the contract is watched', async (ctx) => {
    const server = await served({ SANDBOX_CONTRACT: '1' })
    const { stripe, post, get } = server
    const intent = await stripe.paymentIntents.create({ amount: 5000, currency: 'usd' })
    ctx.assert.deepEqual(
      await post('confirm', { payment_intent: intent.id, card: 'pm_card_chargeDeclined' }),
      { succeeded: false }
    )
    await post('confirm', { payment_intent: intent.id })
    await post('fail_next', { on: 'POST /v1/refunds', at: 'after', with: 500 })
    await refusal(stripe.refunds.create({ payment_intent: intent.id }))
    ctx.assert.deepEqual(await get('effects?kind=refund'), { count: 1 })
    const { violations } = (await get('contract')) as { violations: unknown[] }
    ctx.assert.deepEqual(violations, [])
    await refusal(stripe.rawRequest('POST', '/v1/refunds', { escrow: '1' }))
    const after = await get('contract')
    ctx.assert.lengthOf(after.violations as unknown[], 1)
    ctx.assert.equal(await server.end('SIGINT'), 0)
  }).timeout(20_000)
})

test.group('Stripe stand-in: hosted pages', () => {
  const submit = (url: string, form: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })

  test('checkout declines, pays, and returns the customer', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const price = { currency: 'usd', unit_amount: 5000, product_data: { name: '<b>Design</b>' } }
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ quantity: 2, price_data: price }],
      payment_intent_data: { metadata: { transaction_id: '7' }, transfer_group: 'project-1' },
      success_url: 'https://example.com/ok?s={CHECKOUT_SESSION_ID}',
    })
    ctx.assert.isNull(session.payment_intent)
    const url = session.url ?? ''
    const shown = await fetch(url)
    const page = await shown.text()
    ctx.assert.include(page, '$100.00')
    ctx.assert.notInclude(page, '<b>Design')
    const declined = await submit(url, { card: 'pm_card_chargeDeclined' })
    ctx.assert.equal(declined.status, 402)
    const paid = await submit(url, { card: 'pm_card_visa' })
    ctx.assert.equal(paid.headers.get('location'), `https://example.com/ok?s=${session.id}`)
    const [intent] = sandbox.paymentIntents
    ctx.assert.deepInclude(intent, {
      amount: 10_000,
      transfer_group: 'project-1',
      status: 'succeeded',
    })
    ctx.assert.equal(sandbox.effects('payment_intent'), 1)
  })

  test('a session expires by its time', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const price = { currency: 'usd', unit_amount: 5000, product_data: { name: 'Design' } }
    const { id, url } = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ quantity: 1, price_data: price }],
      success_url: 'https://example.com/ok',
      expires_at: Math.floor(sandbox.now / 1000) + 1801,
    })
    sandbox.advance(1_802_000)
    const expired = await stripe.checkout.sessions.retrieve(id)
    ctx.assert.equal(expired.status, 'expired')
    ctx.assert.equal(sandbox.events.at(-1)?.type, 'checkout.session.expired')
    const late = await submit(url ?? '', { card: 'pm_card_visa' })
    ctx.assert.equal(late.status, 410)
  })

  test('an onboarding link works once, then leads to the refresh address', async (ctx) => {
    const { sandbox, stripe } = await started(ctx.test)
    const account = await stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    })
    const { url } = await stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      refresh_url: 'https://example.com/refresh',
      return_url: 'https://example.com/return',
    })
    const once = await submit(url)
    ctx.assert.equal(once.headers.get('location'), 'https://example.com/return')
    const twice = await submit(url)
    ctx.assert.equal(twice.headers.get('location'), 'https://example.com/refresh')
    const done = await stripe.accounts.retrieve(account.id)
    ctx.assert.deepInclude(done, { charges_enabled: true, payouts_enabled: true })
    ctx.assert.equal(done.capabilities?.transfers, 'active')
    ctx.assert.equal(sandbox.events.at(-1)?.account, account.id)
  })

  test('lists page through everything once', async (ctx) => {
    const { stripe } = await started(ctx.test)
    const made: string[] = []
    for (let i = 0; i < 7; i++) {
      const { id } = await stripe.paymentIntents.create({ amount: 500 + i, currency: 'usd' })
      made.push(id)
    }
    const listed: string[] = []
    for await (const { id } of stripe.paymentIntents.list({ limit: 3 })) listed.push(id)
    ctx.assert.deepEqual(listed, made.reverse())
    const back = await stripe.paymentIntents.list({ limit: 2, ending_before: listed[3] })
    ctx.assert.deepEqual(
      back.data.map(({ id }) => id),
      [listed[1], listed[2]]
    )
    ctx.assert.isTrue(back.has_more)
  })
})
