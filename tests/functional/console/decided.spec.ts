import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { approve } from '#approvals/approve'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { refundPaidByHand } from '#escrow/pay_refund_by_hand'
import { proposeCorrection } from '#console/propose_correction'
import Approval from '#models/approval'
import {
  chargebacks,
  decided,
  disputed,
  releasedProject,
} from '#tests/functional/payments/chargebacks'
import { bookFloat, reconcile } from '#tests/functional/reconcile/helpers'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { fundedMilestone, fundedProject, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff } from '#tests/support/staff'
import { agreed, member } from '#tests/support/two_people'
import { escalatedDispute } from '../disputes/settling.js'
import { linksOf, textOf } from './pages.js'

const entryPage = async (kind: string) => {
  const { id } = await db.from('journal_entries').where('kind', kind).orderBy('id').firstOrFail()
  return `/console/ledger/entries/${id}`
}

/** A dispute about 1,000.00 that support has proposed to divide. */
async function proposedDecision() {
  const found = await fundedProject({ amounts: ['1000.00'] })
  const dispute = await escalatedDispute(found)
  const first = await createStaff({ role: 'support' })
  const browser = console(first)
  const path = `/console/disputes/${dispute.id}`
  await browser.get(path)
  await browser.post(`${path}/decision`, {
    to_freelancer: '600.00',
    reason: 'Two of three pages were delivered.',
    version: String(dispute.version),
  })
  const approval = await Approval.findByOrFail({ status: 'proposed' })
  return { ...found, dispute, path, approval, page: `/console/approvals/${approval.id}` }
}

test.group('What came of a decision', (group) => {
  group.each.setup(() => resetAll())

  test('a settled dispute and its approval lead to the entry, the release, the payout and the refund', async ({
    assert,
  }) => {
    const { path, page, approval } = await proposedDecision()
    const second = await createStaff({ role: 'finance' })
    await approve(approval.id, { by: second.id, hash: approval.contentHash })
    await settle()
    const browser = console(second)
    const transactions = await db
      .from('transactions')
      .whereIn('transaction_type', ['release', 'refund'])
      .select('id')
    const [{ transaction_id: payout }] = await db.from('payouts').select('transaction_id')
    assert.lengthOf(transactions, 2)
    for (const shown of [await browser.get(path), await browser.get(page)]) {
      assert.include(textOf(shown), 'What came of it')
      assert.includeMembers(linksOf(shown), [
        await entryPage('resolution'),
        `/console/payouts/${payout}`,
        ...transactions.map(({ id }) => `/console/transactions/${id}`),
      ])
    }
  })

  test('a debt that was written off leads to its entry', async ({ assert }) => {
    await releasedProject()
    await decided(await disputed(), 'lost')
    const [{ id }] = await chargebacks()
    const approval = await agreed(debtWriteOff, id, { amount: '100.00' })
    const shown = await console(await createStaff()).get(`/console/approvals/${approval.id}`)
    assert.include(linksOf(shown), await entryPage('debt_written_off'))
    assert.include(textOf(shown), 'Owed when it was proposed 900.00 USD')
  })

  test('a refund that was paid another way leads to its entry and to the refund', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    const body = { milestone_id: milestone.id, amount: '300.00', reason: 'Not needed.' }
    const request = expectData(await pay(client, 'payments/refund', body), 201)
    await settle()
    sandbox.failRefund(sandbox.refunds.at(-1)!.id)
    await settle()
    const { id } = request.transaction
    const approval = await agreed(refundPaidByHand, id, { reference: 'bank-1' })
    const shown = await console(await createStaff()).get(`/console/approvals/${approval.id}`)
    assert.includeMembers(linksOf(shown), [
      await entryPage('refund_paid_by_hand'),
      `/console/transactions/${id}`,
    ])
    assert.include(textOf(shown), 'What our bank calls the payment bank-1')
  })

  test('a correcting entry is found from its approval and from the break that it resolved', async ({
    assert,
  }) => {
    await bookFloat()
    sandbox.topUp(10_001)
    const { breaks: found } = await reconcile()
    const { id } = await proposeCorrection(
      found[0].id,
      {
        debit: 'clearing:stripe',
        credit: 'suspense',
        amount: '100.01',
        explains: found[0].details.provider!.id,
      },
      { by: (await member()).id, reason: 'A top-up.' }
    )
    const browser = console(await createStaff({ role: 'finance' }))
    const before = textOf(await browser.get(`/console/reconciliation/breaks/${found[0].id}`))
    assert.include(before, 'It has nothing for it.')
    const { contentHash } = await Approval.findOrFail(id)
    await approve(id, { by: (await member()).id, hash: contentHash })
    await reconcile()
    const entry = await entryPage('correction')
    assert.include(linksOf(await browser.get(`/console/approvals/${id}`)), entry)
    const resolved = await browser.get(`/console/reconciliation/breaks/${found[0].id}`)
    assert.include(linksOf(resolved), entry)
    assert.include(textOf(resolved), 'Resolved')
    assert.notInclude(textOf(resolved), 'It has nothing for it.')
  })
})

test.group('What a second person reads', (group) => {
  group.each.setup(() => resetAll())

  test('who gets how much of a dispute, by their names, with the case and its evidence', async ({
    assert,
  }) => {
    const { client, freelancer, dispute, milestone, path, page } = await proposedDecision()
    await db.table('dispute_evidence').insert({
      dispute_id: dispute.id,
      uploaded_by: client.id,
      name: 'contract.txt',
      size: 3,
      content_type: 'text/plain',
      sha256: 'a'.repeat(64),
      storage_key: 'evidence/contract',
      scan_status: 'unscanned',
    })
    const browser = console(await createStaff({ role: 'finance' }))
    const shown = await browser.get(page)
    const said = textOf(shown)
    for (const words of [
      `To the freelancer 600.00 USD`,
      `To the client 400.00 USD`,
      client.displayName,
      freelancer.displayName,
      dispute.reason,
      milestone.title,
      'contract.txt',
    ]) {
      assert.include(said, words)
    }
    assert.notInclude(said, 'user:')
    assert.includeMembers(linksOf(shown), [
      path,
      `/console/users/${client.id}`,
      `/console/users/${freelancer.id}`,
      `/console/milestones/${milestone.id}`,
      `/console/ledger/accounts/escrow%3A${milestone.id}/USD`,
    ])
    const list = textOf(await browser.get('/console/approvals'))
    assert.include(list, `${freelancer.displayName}, ${client.displayName}`)
  })
})
