import { test } from '@japa/runner'
import { parsePaypalEvent } from '#payments/paypal/events'

const event = (type: string, resource: unknown) =>
  parsePaypalEvent({ id: 'WH-1', event_type: type, resource })

test.group('What an event of PayPal is about', () => {
  test('{type}: {kind}')
    .with([
      ...['APPROVED', 'COMPLETED', 'VOIDED'].map((verb) => ({
        type: `CHECKOUT.ORDER.${verb}`,
        kind: 'deposit',
      })),
      ...['COMPLETED', 'PENDING', 'DENIED', 'DECLINED'].map((verb) => ({
        type: `PAYMENT.CAPTURE.${verb}`,
        kind: 'charge',
      })),
      { type: 'PAYMENT.CAPTURE.REFUNDED', kind: 'refund' },
      { type: 'PAYMENT.REFUND.FAILED', kind: 'refund' },
      { type: 'PAYMENT.SALE.COMPLETED', kind: 'other' },
      { type: 'BILLING.SUBSCRIPTION.CREATED', kind: 'other' },
      { type: 'nonsense', kind: 'other' },
    ])
    .run(({ assert }, { type, kind }) => {
      const { id, subject } = event(type, { id: '5O190127TN364715T' })
      assert.equal(id, 'WH-1')
      assert.equal(subject.kind, kind)
      if (subject.kind !== 'other') assert.equal(subject.id, '5O190127TN364715T')
    })

  test('an approval that was taken back is about its order', ({ assert }) => {
    const { subject } = event('CHECKOUT.PAYMENT-APPROVAL.REVERSED', { order_id: 'O1' })
    assert.deepEqual(subject, { kind: 'deposit', id: 'O1' })
  })

  test('a reversed capture shows what went back, and links to the capture', ({ assert }) => {
    const links = [
      { rel: 'self', href: 'https://api.paypal.com/v2/payments/refunds/R1' },
      { rel: 'up', href: 'https://api.paypal.com/v2/payments/captures/C1' },
    ]
    const reversed = (resource: object) => event('PAYMENT.CAPTURE.REVERSED', resource).subject
    assert.deepEqual(reversed({ id: 'R1', links }), { kind: 'charge', id: 'C1' })
    assert.deepEqual(reversed({ id: 'C1' }), { kind: 'charge', id: 'C1' })
  })

  test('batches and items are the same payout: its batch', ({ assert }) => {
    const payout = { kind: 'payout', id: 'B1' }
    const batch = { batch_header: { payout_batch_id: 'B1' } }
    assert.deepEqual(event('PAYMENT.PAYOUTSBATCH.SUCCESS', batch).subject, payout)
    const item = { payout_item_id: 'I1', payout_batch_id: 'B1' }
    for (const verb of ['SUCCEEDED', 'UNCLAIMED', 'RETURNED', 'FAILED', 'REFUNDED']) {
      assert.deepEqual(event(`PAYMENT.PAYOUTS-ITEM.${verb}`, item).subject, payout)
    }
  })

  test('a dispute names the capture by its id on our side', ({ assert }) => {
    const resource = {
      dispute_id: 'PP-D-1',
      disputed_transactions: [{ buyer_transaction_id: 'B', seller_transaction_id: 'C1' }],
    }
    const dispute = { kind: 'dispute', id: 'PP-D-1', chargeId: 'C1' }
    for (const verb of ['CREATED', 'UPDATED', 'RESOLVED']) {
      assert.deepEqual(event(`CUSTOMER.DISPUTE.${verb}`, resource).subject, dispute)
    }
  })

  test('JSON of any other shape is about nothing', ({ assert }) => {
    const shapes = [null, 7, 'x', [], {}, { id: 7 }, { id: '' }, { batch_header: null }]
    const types = ['CHECKOUT.ORDER.APPROVED', 'PAYMENT.PAYOUTSBATCH.SUCCESS', 'CUSTOMER.DISPUTE.X']
    for (const type of types) {
      for (const resource of shapes) assert.equal(event(type, resource).subject.kind, 'other')
    }
    assert.deepEqual(parsePaypalEvent({}).subject, { kind: 'other' })
    const odd = event('CUSTOMER.DISPUTE.CREATED', { dispute_id: 'D', disputed_transactions: 'x' })
    assert.deepEqual(odd.subject, { kind: 'dispute', id: 'D', chargeId: '' })
    const links = event('PAYMENT.CAPTURE.REVERSED', { id: 'C1', links: [null, 7] })
    assert.deepEqual(links.subject, { kind: 'charge', id: 'C1' })
  })
})
