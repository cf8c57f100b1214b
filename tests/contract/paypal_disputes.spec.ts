import { test } from '@japa/runner'
import { captured, DAY, started, usd } from './paypal_helpers.js'

const AMOUNT = 10_000
const FEE = 2000

test.group('PayPal stand-in: disputes', () => {
  test('an inquiry moves no money, a chargeback takes it and a fee', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '100.00')
    const before = sandbox.available()
    const id = sandbox.openDispute(capture, { stage: 'INQUIRY' })
    ctx.assert.equal(sandbox.available(), before)
    const path = `/v1/customer/disputes/${id}`
    ctx.assert.notProperty((await client.get(path)).body, 'money_movements')
    const escalated = await client.post(`${path}/escalate`, { note: 'PayPal shall decide.' })
    ctx.assert.equal(escalated.status, 200)
    ctx.assert.equal(before - sandbox.available(), AMOUNT + FEE)
    const { body } = await client.get(path)
    ctx.assert.equal(body.dispute_life_cycle_stage, 'CHARGEBACK')
    ctx.assert.deepEqual(
      body.money_movements.map(({ type, reason }: Record<string, string>) => `${type} ${reason}`),
      ['DEBIT DISPUTE_SETTLEMENT', 'DEBIT DISPUTE_FEE']
    )
    ctx.assert.equal(body.disputed_transactions[0].seller_transaction_id, capture)
  })

  test('a dispute that is lost and then won moves its money there and back, its fee once', async (ctx) => {
    for (const feeBack of [false, true]) {
      const { sandbox, client } = await started(ctx.test, { disputeFeeReturned: feeBack })
      const { capture } = await captured(client, '100.00')
      const before = sandbox.available()
      const id = sandbox.openDispute(capture)
      sandbox.resolveDispute(id, 'buyer')
      ctx.assert.equal(before - sandbox.available(), AMOUNT + FEE)
      sandbox.reopenDispute(id)
      ctx.assert.equal(sandbox.disputes[0].status, 'WAITING_FOR_SELLER_RESPONSE')
      sandbox.resolveDispute(id, 'seller')
      ctx.assert.equal(before - sandbox.available(), feeBack ? 0 : FEE)
      // Decided twice the same way: nothing more moves.
      sandbox.resolveDispute(id, 'seller')
      ctx.assert.equal(before - sandbox.available(), feeBack ? 0 : FEE)
      ctx.assert.deepEqual(
        sandbox.events
          .map(({ event_type: type }) => type)
          .filter((type) => type.startsWith('CUSTOMER'))
          .map((type) => type.split('.')[2]),
        ['CREATED', 'RESOLVED', 'UPDATED', 'RESOLVED', 'RESOLVED']
      )
    }
  })

  test('a means of payment may be disputed as soon as it has paid', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const { capture } = await captured(client, '100.00', { instrument: { instrument: 'disputed' } })
    const [dispute] = sandbox.disputes
    ctx.assert.equal(dispute.disputed_transactions[0].seller_transaction_id, capture)
    ctx.assert.equal(dispute.dispute_life_cycle_stage, 'CHARGEBACK')
  })

  test('it takes more than there is, and more than was paid', async (ctx) => {
    const { sandbox, client } = await started(ctx.test, { openingFloat: {} })
    const { capture } = await captured(client, '100.00')
    const before = sandbox.available()
    sandbox.openDispute(capture, { amount: 15_000 })
    ctx.assert.equal(sandbox.available(), before - 15_000 - FEE)
    ctx.assert.isBelow(sandbox.available(), 0)
  })

  test('evidence goes in as JSON or as a form with files, once, and in time', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const open = async () => sandbox.openDispute((await captured(client)).capture)
    const path = (id: string) => `/v1/customer/disputes/${id}/provide-evidence`
    const told = { evidences: [{ evidence_type: 'PROOF_OF_FULFILLMENT', notes: 'Übergeben: ja.' }] }
    const first = await open()
    ctx.assert.equal((await client.post(path(first), {})).status, 400)
    ctx.assert.equal((await client.post(path(first), told)).status, 200)
    ctx.assert.equal((await client.post(path(first), told)).status, 422)
    ctx.assert.equal(sandbox.disputes[0].status, 'UNDER_REVIEW')
    const second = await open()
    const form = new FormData()
    form.append('input', new Blob([JSON.stringify(told)], { type: 'application/json' }))
    form.append('file1', new Blob(['%PDF-1.4 \r\n\r\n binary']), 'proof.pdf')
    const { body: token } = await client.token()
    const sent = await fetch(`${sandbox.url}${path(second)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.access_token}` },
      body: form,
    })
    ctx.assert.equal(sent.status, 200)
    ctx.assert.containSubset(sandbox.disputes[1].evidences?.[0], {
      notes: 'Übergeben: ja.',
      documents: [{ name: 'proof.pdf' }],
      source: 'SUBMITTED_BY_SELLER',
    })
    const late = await open()
    sandbox.advance(10 * DAY)
    ctx.assert.equal((await client.post(path(late), told)).status, 422)
    const { body } = await client.get(`/v1/customer/disputes/${late}`)
    ctx.assert.equal(body.dispute_outcome.outcome_code, 'RESOLVED_BUYER_FAVOUR')
  })

  test('an inquiry is ended by an offer, by giving in, or by nobody', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const inquiry = async () =>
      sandbox.openDispute((await captured(client, '100.00')).capture, { stage: 'INQUIRY' })
    const [taken, declined, given, forgotten] = [
      await inquiry(),
      await inquiry(),
      await inquiry(),
      await inquiry(),
    ]
    const before = sandbox.available()
    const offer = { note: 'A part?', offer_type: 'REFUND', offer_amount: usd('30.00') }
    for (const id of [taken, declined]) {
      const path = `/v1/customer/disputes/${id}/make-offer`
      ctx.assert.equal((await client.post(path, { note: 'x' })).status, 400)
      ctx.assert.equal((await client.post(path, offer)).status, 200)
      ctx.assert.equal((await client.post(path, offer)).status, 422)
    }
    sandbox.answerOffer(taken, true)
    ctx.assert.equal(before - sandbox.available(), 3000 + FEE)
    sandbox.answerOffer(declined, false)
    ctx.assert.equal((await client.post(`/v1/customer/disputes/${given}/accept-claim`)).status, 200)
    ctx.assert.equal(before - sandbox.available(), 3000 + AMOUNT + 2 * FEE)
    sandbox.advance(20 * DAY)
    const outcome = async (id: string) =>
      (await client.get(`/v1/customer/disputes/${id}`)).body.dispute_outcome.outcome_code
    ctx.assert.deepEqual(
      [await outcome(taken), await outcome(given), await outcome(forgotten)],
      ['RESOLVED_BUYER_FAVOUR', 'RESOLVED_BUYER_FAVOUR', 'NONE']
    )
    ctx.assert.equal(before - sandbox.available(), 3000 + AMOUNT + 2 * FEE)
  })

  test('the list is filtered, and pages through everything once', async (ctx) => {
    const { sandbox, client } = await started(ctx.test)
    const made: string[] = []
    for (let i = 0; i < 5; i++) {
      made.unshift(sandbox.openDispute((await captured(client)).capture))
      sandbox.advance(1000)
    }
    const list = async (query: Record<string, string>) => {
      const found: string[] = []
      let next: string | undefined = `/v1/customer/disputes?${new URLSearchParams(query)}`
      while (next) {
        const { body } = await client.get(next)
        found.push(...(body.items ?? []).map((each: { dispute_id: string }) => each.dispute_id))
        next = body.links.find(({ rel }: { rel: string }) => rel === 'next')?.href
      }
      return found
    }
    ctx.assert.deepEqual(await list({ page_size: '2' }), made)
    sandbox.resolveDispute(made[4], 'seller')
    ctx.assert.deepEqual(await list({ dispute_state: 'RESOLVED' }), [made[4]])
    ctx.assert.deepEqual(await list({ dispute_state: 'REQUIRED_ACTION' }), made.slice(0, 4))
    const { seller_transaction_id: transaction } = sandbox.disputes[1].disputed_transactions[0]
    ctx.assert.deepEqual(await list({ disputed_transaction_id: String(transaction) }), [made[3]])
    const updated = { update_time_after: sandbox.disputes[0].update_time }
    ctx.assert.deepEqual(await list(updated), [made[4]])
    const both = '/v1/customer/disputes?start_time=2026-01-01T00:00:00Z&disputed_transaction_id=X'
    ctx.assert.equal((await client.get(both)).status, 400)
    ctx.assert.equal((await client.get('/v1/customer/disputes?page_size=51')).status, 400)
  })
})
