import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { approve } from '#approvals/approve'
import { propose, proposeWithin } from '#approvals/propose'
import { inTransaction } from '#database/transaction'
import { correctingEntry, proposeCorrectingEntry, type Correction } from '#escrow/correcting_entry'
import { recordTreasury } from '#escrow/record_treasury'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { waitFor } from '../../../bin/surroundings/wait.js'
import { resetAll } from '#tests/support/database'
import { breaks, held } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { agreed, member } from '#tests/support/two_people'

const usd = (text: string) => Money.parse(text, 'USD')

const toFees: Correction = {
  currency: 'USD',
  postings: [
    { account: 'provider_fee', direction: 'debit', amount: '1234' },
    { account: 'suspense', direction: 'credit', amount: '1234' },
  ],
}

async function waitingForLocks(): Promise<number> {
  const { rows } = await db.rawQuery(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
  )
  return rows[0].waiting
}

const id = '019e0000-0000-7000-8000-000000000001'

test.group('A correcting entry', (group) => {
  group.each.setup(() => resetAll())

  test('moves what is in suspense to where it belongs, when a second person approves', async ({
    assert,
  }) => {
    await inTransaction((trx) =>
      postEntries(trx, [
        {
          reference: 'booked:1',
          kind: 'suspense_booked',
          postings: [
            debit(accounts.suspense(), usd('12.34')),
            credit(accounts.clearing('stripe'), usd('12.34')),
          ],
        },
      ])
    )
    const [first, second] = [await member(), await member()]
    const approval = await proposeCorrectingEntry(toFees, { by: first.id, reason: 'Card fees.' })
    assert.equal(await held(accounts.suspense()), '-12.34')
    const [shown] = await correctingEntry.preview!(db, approval)
    assert.equal(shown.reference, `correction:${approval.id}`)
    await approve(approval.id, { by: second.id, hash: approval.contentHash })
    assert.equal(await held(accounts.suspense()), '0.00')
    assert.equal(await held(accounts.providerFee()), '12.34')
    const entry = await db.from('journal_entries').where('kind', 'correction').firstOrFail()
    assert.equal(entry.reference, `correction:${approval.id}`)
    assert.deepEqual(await breaks(), [])
  })

  test('of two who propose the same at the same moment one does, and the other is told', async ({
    assert,
  }) => {
    const { id: by } = await member()
    const proposal = { subjectId: id, content: toFees, by, reason: 'Card fees.' }
    const trx = await db.transaction()
    const first = await proposeWithin(trx, correctingEntry, proposal, undefined)
    const second = propose(correctingEntry, proposal).catch((error) => error)
    await waitFor('the second to come', async () => (await waitingForLocks()) > 0)
    await trx.commit()
    assert.deepInclude(await second, { code: 'already_proposed', status: 409 })
    assert.deepEqual(
      (await db.from('approvals')).map((each) => each.id),
      [first.id]
    )
  })

  test('between a rail and the bank leaves nothing for reconcile:ledger to complain about', async ({
    assert,
  }) => {
    await inTransaction((trx) =>
      recordTreasury(
        trx,
        {
          kind: 'opening_float',
          rail: 'stripe',
          amount: usd('100.00'),
          reference: 'po_1',
        },
        OPERATOR
      )
    )
    await agreed(correctingEntry, id, {
      currency: 'USD',
      explains: 'txn_fee',
      postings: [
        { account: 'dispute_fee', direction: 'debit', amount: '500' },
        { account: 'chargeback_loss', direction: 'debit', amount: '250' },
        { account: 'clearing:stripe', direction: 'credit', amount: '750' },
      ],
    })
    assert.equal(await held(accounts.clearing('stripe')), '92.50')
    assert.deepEqual(await breaks(), [])
  })

  const refusals: [string, Correction, RegExp][] = [
    [
      'does not balance',
      { ...toFees, postings: [toFees.postings[0], { ...toFees.postings[1], amount: '1' }] },
      /Debits are 12.34 USD and credits 0.01 USD/,
    ],
    ['has one line', { ...toFees, postings: [toFees.postings[0]] }, /2 to 20 postings/],
    [
      'posts nothing',
      { ...toFees, postings: toFees.postings.map((each) => ({ ...each, amount: '0' })) },
      /more than nothing/,
    ],
    ['is in no currency of ours', { ...toFees, currency: 'XTS' }, /no currency of ours/],
    ['is about no break', { ...toFees, break_id: id }, /no such break/],
    ...[
      `escrow:${id}`,
      `payable:${id}`,
      `refund_payable:${id}`,
      `payout_in_transit:${id}`,
      `freelancer_receivable:${id}`,
      'clearing:elsewhere',
      'bank:x',
      'nothing',
    ].map((account): [string, Correction, RegExp] => [
      `touches ${account}`,
      { ...toFees, postings: [{ ...toFees.postings[0], account }, toFees.postings[1]] },
      /cannot be corrected by hand/,
    ]),
  ]
  for (const [what, content, why] of refusals) {
    test(`that ${what} is refused`, async ({ assert }) => {
      const { id: by } = await member()
      await assert.rejects(() => proposeCorrectingEntry(content, { by, reason: 'Any.' }), why)
    })
  }

  test('is posted as it was approved or not at all, whoever posts it', async ({ assert }) => {
    const { id: by } = await member()
    const approval = await proposeCorrectingEntry(toFees, { by, reason: 'Card fees.' })
    const post = (amount: string, reference = `correction:${approval.id}`) =>
      inTransaction((trx) =>
        postEntries(trx, [
          {
            reference,
            kind: 'correction',
            postings: [
              debit(accounts.providerFee(), usd(amount)),
              credit(accounts.suspense(), usd(amount)),
            ],
          },
        ])
      )
    await assert.rejects(() => post('12.34'), /No second person/)
    const second = await member()
    await db.from('approvals').update({
      status: 'approved',
      decided_by: second.id,
      decided_at: new Date(),
      approved_hash: approval.contentHash,
    })
    await assert.rejects(() => post('12.35'), /No second person/)
    await assert.rejects(() => post('12.34', 'correction:other'), /No second person/)
    await post('12.34')
    assert.deepEqual(await breaks(), [])
  })
})
