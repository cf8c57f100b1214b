import { test } from '@japa/runner'
import { readFile } from 'node:fs/promises'
import { parseStripeEvent } from '#payments/stripe/events'

const event = (type: string, object: object, more: object = {}) =>
  parseStripeEvent({ id: 'evt_1', type, livemode: false, data: { object }, ...more }, false)

test.group('What an event of Stripe is about', () => {
  test('{type}: {kind}')
    .with([
      ...['succeeded', 'payment_failed', 'canceled'].map((verb) => ({
        type: `payment_intent.${verb}`,
        kind: 'deposit',
      })),
      { type: 'checkout.session.completed', kind: 'deposit' },
      { type: 'checkout.session.expired', kind: 'deposit' },
      { type: 'checkout.session.async_payment_succeeded', kind: 'deposit' },
      ...['succeeded', 'updated', 'refunded'].map((verb) => ({
        type: `charge.${verb}`,
        kind: 'charge',
      })),
      ...['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'].map(
        (type) => ({ type, kind: 'refund' })
      ),
      ...['created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'].map((verb) => ({
        type: `charge.dispute.${verb}`,
        kind: 'dispute',
      })),
      ...['created', 'reversed'].map((verb) => ({ type: `transfer.${verb}`, kind: 'payout' })),
      { type: 'account.updated', kind: 'recipient' },
      { type: 'payout.paid', kind: 'other' },
      { type: 'payout.reconciliation_completed', kind: 'other' },
      { type: 'customer.created', kind: 'other' },
      { type: 'nonsense', kind: 'other' },
    ])
    .run(({ assert }, { type, kind }) => {
      const { subject } = event(type, { id: 'x_1', charge: 'ch_1' })
      assert.equal(subject.kind, kind)
      if (subject.kind !== 'other') assert.equal(subject.id, 'x_1')
    })

  test('every event that the guide tells to listen to is understood', async ({ assert }) => {
    const guide = await readFile(new URL('../../../docs/stripe.md', import.meta.url), 'utf8')
    const [, ours, theirs] = guide.split(/^\*\*`https:.*$/m)
    const named = (part: string) => [
      ...part.split('\n## ')[0].matchAll(/`((?:[a-z_]+\.)+[a-z_]+)`/g),
    ]
    const kinds = (part: string, more: object) =>
      named(part).map(([, type]) => {
        return `${type}: ${event(type, { id: 'x_1', account: 'acct_1' }, more).subject.kind}`
      })
    const all = [...kinds(ours, {}), ...kinds(theirs, { account: 'acct_1' })]
    assert.isAbove(all.length, 25)
    assert.deepEqual(
      all.filter((line) => line.endsWith(': other')),
      []
    )
  })

  test('a dispute names its charge, a capability its account', ({ assert }) => {
    assert.deepEqual(event('charge.dispute.created', { id: 'dp_1', charge: 'ch_1' }).subject, {
      kind: 'dispute',
      id: 'dp_1',
      chargeId: 'ch_1',
    })
    const capability = event('capability.updated', { id: 'transfers', account: 'acct_1' })
    assert.deepEqual(capability.subject, { kind: 'recipient', id: 'acct_1' })
  })

  test('of a connected account, its state and its own payouts count', ({ assert }) => {
    const of = (type: string, id: string) => event(type, { id }, { account: 'acct_1' }).subject
    const recipient = { kind: 'recipient', id: 'acct_1' }
    assert.deepEqual(of('account.updated', 'acct_1'), recipient)
    assert.deepEqual(of('capability.updated', 'transfers'), recipient)
    assert.deepEqual(of('account.application.deauthorized', 'ca_1'), recipient)
    const payout = { kind: 'recipient_payout', id: 'po_1', account: 'acct_1' }
    assert.deepEqual(of('payout.paid', 'po_1'), payout)
    assert.deepEqual(of('payout.failed', 'po_1'), payout)
  })

  test("a connected account's own payments are never taken for ours", ({ assert }) => {
    for (const type of ['payment_intent.succeeded', 'charge.succeeded', 'refund.created']) {
      assert.equal(event(type, { id: 'pi_1' }, { account: 'acct_1' }).subject.kind, 'other')
    }
  })

  test('an event of the other mode is about nothing of ours', ({ assert }) => {
    const payload = { id: 'evt_1', type: 'payment_intent.succeeded', data: { object: { id: 'p' } } }
    assert.equal(parseStripeEvent({ ...payload, livemode: true }, false).subject.kind, 'other')
    assert.equal(parseStripeEvent({ ...payload, livemode: false }, true).subject.kind, 'other')
    assert.equal(parseStripeEvent({ ...payload, livemode: true }, true).subject.kind, 'deposit')
  })

  test('JSON of any other shape is about nothing', ({ assert }) => {
    const shapes = [
      {},
      { data: null },
      { type: 7 },
      { type: 'charge.updated', data: { object: [] } },
    ]
    for (const payload of shapes) {
      assert.equal(parseStripeEvent(payload, false).subject.kind, 'other')
    }
  })
})
