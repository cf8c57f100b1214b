import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { approve } from '#approvals/approve'
import { refuse } from '#approvals/refuse'
import { withdraw } from '#approvals/withdraw'
import { inTransaction } from '#database/transaction'
import { needsSecondPerson } from '#escrow/disputes/needs_second_person'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import { changeSetting, describeSetting } from '#escrow/settings'
import { CURRENCIES, exponentOf, Money } from '#ledger/money'
import type Dispute from '#models/dispute'
import type Staff from '#models/staff'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { breaks, entryKinds } from '#tests/support/ledger'
import { fundedProject } from '#tests/support/projects'
import { member } from '#tests/support/two_people'
import { refusedWith } from '../ledger/books.js'
import {
  decided,
  disagreements,
  disputed,
  freshStart,
  milestoneNow,
  projectNow,
  toldTo,
} from '../payments/chargebacks.js'
import { escalatedDispute, postingsOf, transactionsOf } from './settling.js'

/** The SQLSTATE that the triggers of approvals and settlements raise. */
const REFUSED = '23001'

const REASON = 'Two of three pages were delivered.'

const propose = (dispute: Dispute, by: Staff, toFreelancer = '600.00') =>
  proposeDecision(dispute.id, {
    by: by.id,
    toFreelancer,
    reason: REASON,
    version: BigInt(dispute.version),
  })

/** A dispute over 1000.00, decided by somebody and waiting for a second person. */
async function proposedDecision() {
  const found = await fundedProject()
  const dispute = await escalatedDispute(found)
  const first = await member('support')
  const second = await member('finance')
  const { approval } = await propose(dispute, first)
  await dispute.refresh()
  return { found, dispute, first, second, approval: approval! }
}

const codeOf = async (act: () => Promise<unknown>) => {
  try {
    await act()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

const auditOf = async (id: string) =>
  db
    .from('audit_log as a')
    .leftJoin('audit_words as w', 'w.audit_id', 'a.id')
    .where('target_id', id)
    .orderBy('a.id')
    .select('a.action', 'a.actor_id', 'a.after', 'w.reason')

test.group('Decisions of staff', (group) => {
  group.each.setup(() => freshStart())

  test('up to the threshold one person settles at once', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['500.00'] })
    const dispute = await escalatedDispute(found)
    const staff = await member('support')
    const { approval } = await propose(dispute, staff, '300.00')
    assert.isUndefined(approval)
    await dispute.refresh()
    assert.equal(dispute.status, 'settled')
    assert.equal(dispute.settledHow, 'decision')
    assert.equal(dispute.decidedBy, staff.id)
    assert.equal(dispute.decisionReason, REASON)
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 50000',
      'credit payable 27000',
      'credit platform_fee 3000',
      'credit refund_in_transit 20000',
    ])
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.equal((await projectNow(found)).status, 'completed')
    const [line, ...more] = await auditOf(dispute.id)
    assert.isEmpty(more)
    assert.deepInclude(line, { action: 'dispute.settled', actor_id: staff.id, reason: REASON })
    assert.deepInclude(line.after, { to_freelancer: '300.00', to_client: '200.00' })
    for (const user of [found.client, found.freelancer]) {
      assert.include(await toldTo(user), 'dispute.settled')
    }
  })

  test('above it the decision waits, and nothing moves', async ({ assert }) => {
    const { found, dispute, first, approval } = await proposedDecision()
    assert.equal(dispute.status, 'decided')
    assert.equal(approval.status, 'proposed')
    assert.equal(approval.amount, 100_000n)
    assert.equal(approval.payee, `user:${found.freelancer.id}, user:${found.client.id}`)
    assert.deepEqual(approval.content, { to_freelancer: '60000', to_client: '40000' })
    assert.notInclude(await entryKinds(), 'resolution')
    assert.isNull((await milestoneNow(found)).closed_reason)
    assert.notInclude(await toldTo(found.client), 'dispute.settled')
    const lines = await auditOf(dispute.id)
    assert.deepEqual(
      lines.map(({ action, actor_id: actor }) => [action, actor]),
      [['approval.proposed', first.id]]
    )
  })

  test('a second person approves what they were shown, and that settles it', async ({ assert }) => {
    const { found, dispute, first, second, approval } = await proposedDecision()
    await approve(approval.id, { by: second.id, hash: approval.contentHash })
    await dispute.refresh()
    assert.equal(dispute.status, 'settled')
    assert.equal(dispute.decidedBy, first.id)
    assert.equal(dispute.approvalId, approval.id)
    assert.equal(dispute.toFreelancer, 60_000n)
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.equal((await projectNow(found)).status, 'completed')
    const lines = await auditOf(dispute.id)
    assert.deepEqual(
      lines.map(({ action, actor_id: actor }) => [action, actor]),
      [
        ['approval.proposed', first.id],
        ['dispute.settled', second.id],
        ['approval.approved', second.id],
      ]
    )
    assert.equal(
      await codeOf(() => approve(approval.id, { by: second.id, hash: approval.contentHash })),
      'already_decided'
    )
    assert.lengthOf(await transactionsOf(found, 'refund'), 1)
  })

  test('by two approvers at the same moment it is settled once', async ({ assert }) => {
    const { found, second, approval } = await proposedDecision()
    const third = await member('admin')
    const both = await Promise.allSettled(
      [second, third].map((staff) =>
        approve(approval.id, { by: staff.id, hash: approval.contentHash })
      )
    )
    assert.sameMembers(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected']
    )
    await settle()
    assert.lengthOf(await transactionsOf(found, 'payout'), 1)
    assert.deepEqual(await disagreements(), [])
  })

  test('who proposed it does not approve it', async ({ assert }) => {
    const { dispute, approval } = await proposedDecision()
    const hash = approval.contentHash
    assert.equal(
      await codeOf(() => approve(approval.id, { by: approval.proposedBy, hash })),
      'own_proposal'
    )
    assert.equal((await dispute.refresh()).status, 'decided')
  })

  test('who was shown something else does not approve it', async ({ assert }) => {
    const { second, approval } = await proposedDecision()
    assert.equal(
      await codeOf(() => approve(approval.id, { by: second.id, hash: 'f'.repeat(64) })),
      'other_content'
    )
  })

  test('a change of the dispute since makes it another decision', async ({ assert }) => {
    const { dispute, second, approval } = await proposedDecision()
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({ updated_at: db.raw('now()') })
    const hash = approval.contentHash
    assert.equal(
      await codeOf(() => approve(approval.id, { by: second.id, hash })),
      'subject_changed'
    )
    assert.equal((await dispute.refresh()).status, 'decided')
    assert.notInclude(await entryKinds(), 'resolution')
  })

  test('while the payment is disputed with the bank nothing is approved', async ({ assert }) => {
    const { second, approval } = await proposedDecision()
    const chargeback = await disputed()
    const hash = approval.contentHash
    assert.equal(await codeOf(() => approve(approval.id, { by: second.id, hash })), 'frozen')
    await decided(chargeback, 'won')
    await approve(approval.id, { by: second.id, hash })
    await settle()
    assert.deepEqual(await disagreements(), [])
  })

  test('a part that a chargeback took makes it another decision; refused, it is decided anew', async ({
    assert,
  }) => {
    const { dispute, first, second, approval } = await proposedDecision()
    await decided(await disputed({ amount: 70_000 }), 'lost')
    const hash = approval.contentHash
    assert.equal(
      await codeOf(() => approve(approval.id, { by: second.id, hash })),
      'subject_changed'
    )
    await refuse(approval.id, { by: second.id, reason: 'The bank took 700.00.' })
    const again = await propose(await dispute.refresh(), first, '100.00')
    assert.isUndefined(again.approval)
    await settle()
    assert.equal((await dispute.refresh()).toClient, 20_000n)
    assert.deepEqual(await breaks(), [])
  })

  test('a refused proposal is open for staff again, and another can be made', async ({
    assert,
  }) => {
    const { found, dispute, first, second, approval } = await proposedDecision()
    await refuse(approval.id, { by: second.id, reason: 'The third page was delivered, too.' })
    await dispute.refresh()
    assert.equal(dispute.status, 'escalated')
    assert.isNull(dispute.decidedBy)
    assert.isNull(dispute.decisionReason)
    const { approval: next } = await propose(dispute, first, '900.00')
    await approve(next!.id, { by: second.id, hash: next!.contentHash })
    await settle()
    assert.equal((await dispute.refresh()).toFreelancer, 90_000n)
    assert.deepEqual(await disagreements(), [])
    const told = expectData(
      await api(found.client).get(`projects/${found.project.id}/activity`, {
        query: { limit: 100 },
      })
    ).map(({ action }: any) => action)
    assert.include(told, 'dispute.decision_refused')
  })

  test('only who proposed it takes it back', async ({ assert }) => {
    const { dispute, first, approval } = await proposedDecision()
    const other = await member('support')
    assert.equal(await codeOf(() => withdraw(approval.id, { by: other.id })), 'not_your_proposal')
    await withdraw(approval.id, { by: first.id })
    assert.equal((await dispute.refresh()).status, 'escalated')
  })

  test('finance does not decide, whoever was disabled neither', async ({ assert }) => {
    const dispute = await escalatedDispute(await fundedProject())
    const finance = await member('finance')
    await assert.rejects(() => propose(dispute, finance), /The role finance may not/)
    const gone = await member('support')
    await gone.merge({ disabledAt: gone.createdAt }).save()
    await assert.rejects(() => propose(dispute, gone), /must work here/)
  })

  test('what was not read yet is not decided', async ({ assert }) => {
    const dispute = await escalatedDispute(await fundedProject())
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({ updated_at: db.raw('now()') })
    const staff = await member('support')
    assert.equal(await codeOf(() => propose(dispute, staff)), 'subject_changed')
  })

  test('more than is held, or an amount that is none, is refused', async ({ assert }) => {
    const dispute = await escalatedDispute(await fundedProject())
    const staff = await member('support')
    await assert.rejects(() => propose(dispute, staff, '1000.01'), /Only 1000.00 USD is held/)
    await assert.rejects(() => propose(dispute, staff, '1e3'))
    assert.equal((await dispute.refresh()).status, 'escalated')
  })

  test('the threshold is the setting, and the database has the same default', async ({
    assert,
  }) => {
    const above = (minor: number, currency = 'USD') =>
      needsSecondPerson(db.connection(), Money.of(BigInt(minor), currency))
    assert.equal(describeSetting('four_eyes_threshold').default, '500.00')
    assert.deepEqual([await above(50_000), await above(50_001)], [false, true])
    // So many yen, which have no hundredths.
    assert.deepEqual([await above(500, 'JPY'), await above(501, 'JPY')], [false, true])
    for (const currency of CURRENCIES) {
      const limit = Number(`500${'0'.repeat(exponentOf(currency))}`)
      assert.deepEqual(
        [await above(limit, currency), await above(limit + 1, currency)],
        [false, true]
      )
    }
    await inTransaction((trx) => changeSetting(trx, 'four_eyes_threshold', '0.50', 'operator'))
    assert.deepEqual([await above(50), await above(51)], [false, true])
    const dispute = await escalatedDispute(await fundedProject({ amounts: ['1.00'] }))
    const { approval } = await propose(dispute, await member('support'), '0.30')
    assert.equal(approval?.amount, 100n)
  })
})

test.group('What the database refuses of decisions', (group) => {
  group.each.setup(() => freshStart())

  const settled = (how: string, more = '') =>
    `UPDATE disputes SET status = 'settled', closed_at = now(), settled_how = '${how}',
       to_freelancer = 60000, to_client = 40000 ${more}`

  test('an approver who is the proposer', async ({ assert }) => {
    const { approval } = await proposedDecision()
    assert.equal(
      await refusedWith(
        `UPDATE approvals SET status = 'approved', decided_by = proposed_by, decided_at = now(),
           approved_hash = content_hash WHERE id = ?`,
        [approval.id]
      ),
      '23514'
    )
  })

  test('a settlement above the threshold without an approval', async ({ assert }) => {
    const { second } = await proposedDecision()
    assert.equal(await refusedWith(settled('decision')), REFUSED)
    // Nor of one that still waits.
    assert.equal(
      await refusedWith(settled('decision', ', approval_id = (SELECT id FROM approvals)')),
      REFUSED
    )
    // Nor by taking the decision for somebody else's.
    assert.equal(await refusedWith(settled('decision', `, decided_by = '${second.id}'`)), REFUSED)
  })

  test('another split than the approved one, or one of another version', async ({ assert }) => {
    const { dispute, second, approval } = await proposedDecision()
    const { contentHash: hash, id } = approval
    await db.rawQuery(
      `UPDATE approvals SET status = 'approved', decided_by = ?, decided_at = now(), approved_hash = ? WHERE id = ?`,
      [second.id, hash, id]
    )
    const withIt = `, approval_id = '${id}'`
    const other = settled('decision', withIt).replace('60000', '90000').replace('40000', '10000')
    assert.equal(await refusedWith(other), REFUSED)
    assert.equal(await refusedWith(settled('decision', withIt).replace('40000', '40001')), REFUSED)
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({ updated_at: db.raw('now()') })
    assert.equal(await refusedWith(settled('decision', withIt)), REFUSED)
  })

  test('an approval of another dispute', async ({ assert }) => {
    const one = await proposedDecision()
    await approve(one.approval.id, { by: one.second.id, hash: one.approval.contentHash })
    const other = await escalatedDispute(await fundedProject())
    assert.equal(
      await refusedWith(
        `${settled(
          'decision',
          `, decided_at = now(), decided_by = '${one.first.id}', decision_reason = 'Any.',
           approval_id = '${one.approval.id}'`
        )} WHERE id = ?`,
        [other.id]
      ),
      REFUSED
    )
  })

  test('a settlement that is called something else', async ({ assert }) => {
    await proposedDecision()
    for (const how of ['offer', 'equal_split', 'no_answer']) {
      assert.equal(await refusedWith(settled(how)), REFUSED, how)
    }
  })

  test('a dispute that begins as settled', async ({ assert }) => {
    const { dispute } = await proposedDecision()
    assert.equal(
      await refusedWith(
        `INSERT INTO disputes (milestone_id, opened_by, respondent_id, reason, asked_amount, currency, status,
             closed_at, settled_how, to_freelancer, to_client)
           SELECT milestone_id, opened_by, respondent_id, 'Any.', 5, currency, 'settled', now(), 'offer', 60000, 40000
             FROM disputes WHERE id = ?`,
        [dispute.id]
      ),
      REFUSED
    )
  })

  test('a change of what was settled', async ({ assert }) => {
    const { dispute, second, approval } = await proposedDecision()
    await approve(approval.id, { by: second.id, hash: approval.contentHash })
    for (const change of [
      'to_freelancer = 90000, to_client = 10000',
      `settled_how = 'offer'`,
      'approval_id = NULL',
      `status = 'escalated', closed_at = NULL, settled_how = NULL, to_freelancer = NULL, to_client = NULL`,
    ]) {
      assert.equal(
        await refusedWith(`UPDATE disputes SET ${change} WHERE id = ?`, [dispute.id]),
        REFUSED
      )
    }
  })

  test('an entry that divides the money of a dispute which is not settled', async ({ assert }) => {
    const { found, dispute } = await proposedDecision()
    const [{ deposit_id: deposit }] = await db.from('journal_entries').whereNotNull('deposit_id')
    const postings = [
      { account: `escrow:${found.milestone.id}`, direction: 'debit' },
      { account: `payable:${found.freelancer.id}`, direction: 'credit' },
    ].map((line) => ({ ...line, amount: '100000', currency: 'USD' }))
    const entry = {
      reference: `resolution:${dispute.id}`,
      kind: 'resolution',
      milestone_id: found.milestone.id,
      deposit_id: deposit,
      postings,
    }
    assert.equal(
      await refusedWith('SELECT * FROM post_entries(?)', [JSON.stringify([entry])]),
      REFUSED
    )
  })

  test('lets nothing out of what is disputed, whatever it is called', async ({ assert }) => {
    const { found, dispute } = await proposedDecision()
    const { id } = found.milestones[0]
    const line = (account: string, direction: string) => ({
      account,
      direction,
      amount: '100000',
      currency: 'USD',
    })
    for (const kind of ['release', 'refund_started', 'top_up', 'suspense_booked']) {
      const entry = {
        reference: `${kind}:${id}`,
        kind,
        milestone_id: id,
        postings: [line(`escrow:${id}`, 'debit'), line(`payable:${found.freelancer.id}`, 'credit')],
      }
      await assert.rejects(
        () => db.rawQuery('SELECT * FROM post_entries(?)', [JSON.stringify([entry])]),
        /takes what is disputed/
      )
    }
    const over = { status: 'withdrawn', closed_at: new Date(), withdrawn_by: found.client.id }
    for (const change of [over, { status: 'escalated' }]) {
      await assert.rejects(
        () => db.from('disputes').where('id', dispute.id).update(change),
        /its money is held/
      )
    }
    await assert.rejects(() => db.from('disputes').delete(), /append-only/)
  })
})
