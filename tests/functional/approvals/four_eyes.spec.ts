import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { approvalKind } from '#approvals/kinds'
import { approve } from '#approvals/approve'
import { propose } from '#approvals/propose'
import { refuse } from '#approvals/refuse'
import { withdraw } from '#approvals/withdraw'
import { clawBack } from '#escrow/chargebacks/claw_back'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import type { Problem } from '#exceptions/problem'
import Approval, { APPROVAL_KINDS } from '#models/approval'
import type Staff from '#models/staff'
import { ACTIONS } from '#staff/roles'
import { issueInvitation } from '#staff/invitations'
import { run } from '#tests/functional/operations/run'
import { console, createStaff } from '#tests/support/staff'
import { OPERATOR } from '#tests/support/operator'
import type { Case } from '#tests/support/projects'
import { breaks, entryKinds } from '#tests/support/ledger'
import { member } from '#tests/support/two_people'
import {
  chargebacks,
  debtOf,
  decided,
  disputed,
  freshStart,
  lossOf,
  releasedProject,
} from '../payments/chargebacks.js'

/** Somebody owes us 900.00 for a payment that was charged back. */
async function indebted(): Promise<Case & { id: string }> {
  const found = await releasedProject(['1000.00'])
  await decided(await disputed(), 'lost')
  const [{ id }] = await chargebacks()
  return { ...found, id }
}

const NOBODY = /No second person has approved the entry/

const line = (account: string, direction: string, amount: string) => ({
  account,
  direction,
  amount,
  currency: 'USD',
})

/** Posts past the application. */
const post = (entry: object) => () =>
  db.rawQuery('SELECT * FROM post_entries(?)', [JSON.stringify([entry])])

/** A proposal to write it off, by somebody of finance. */
async function proposed(amount?: string) {
  const found = await indebted()
  const proposer = await member('finance')
  const approval = await propose(debtWriteOff, {
    subjectId: found.id,
    content: { amount },
    by: proposer.id,
    reason: 'Gone.',
  })
  return { found, proposer, approval }
}

const codeOf = async (attempt: Promise<unknown>) => {
  const error: Problem = await attempt.then(
    () => Promise.reject(new Error('it was not refused')),
    (reason) => reason
  )
  return error.code
}

test.group('Two people', (group) => {
  group.each.setup(() => freshStart())

  test('a proposal does nothing until somebody else approves it', async ({ assert }) => {
    const { found, approval } = await proposed('300.00')
    assert.equal(await debtOf(found), '900.00')
    const second = await member('finance')
    const done = await approve(approval.id, { by: second.id, hash: approval.contentHash })
    assert.equal(done.status, 'approved')
    assert.equal(await debtOf(found), '600.00')
    const row = await db.from('debt_write_offs').firstOrFail()
    assert.equal(row.approval_id, approval.id)
    assert.deepEqual(await breaks(), [])
  })

  test('who proposed it cannot approve it, nor refuse it', async ({ assert }) => {
    const { found, proposer, approval } = await proposed()
    const approving = { by: proposer.id, hash: approval.contentHash }
    assert.equal(await codeOf(approve(approval.id, approving)), 'own_proposal')
    assert.equal(
      await codeOf(refuse(approval.id, { by: proposer.id, reason: 'No.' })),
      'own_proposal'
    )
    assert.equal(await debtOf(found), '900.00')
  })

  test('nor can, for seven days, whom they invited or reset, or whom the same person did', async ({
    assert,
  }) => {
    const { found, proposer, approval } = await proposed()
    const admin = await member('admin')
    const [second, third] = [await member(), await member()]
    const invites = (by: Staff, whom: Staff) =>
      db.transaction((trx) =>
        issueInvitation(trx, whom.id, { actor: { type: 'staff', id: by.id } })
      )
    const approving = (by: Staff) => approve(approval.id, { by: by.id, hash: approval.contentHash })
    await invites(proposer, second)
    assert.equal(await codeOf(approving(second)), 'not_independent')
    // Through somebody else, and the other way round.
    await invites(second, third)
    assert.equal(await codeOf(approving(third)), 'not_independent')
    await db.from('staff_invitations').update({ created_at: db.raw("now() - interval '8 days'") })
    await invites(admin, proposer)
    assert.equal(await codeOf(approving(admin)), 'not_independent')
    await invites(admin, third)
    assert.equal(await codeOf(approving(third)), 'not_independent')
    await assert.rejects(
      () =>
        db.from('approvals').update({
          status: 'approved',
          decided_by: third.id,
          decided_at: new Date(),
          approved_hash: approval.contentHash,
        }),
      /got their access from the first/
    )
    assert.equal(await debtOf(found), '900.00')
    assert.equal((await approving(second)).status, 'approved')
  })

  test('neither support nor somebody who left can propose or approve it', async ({ assert }) => {
    const { found, approval } = await proposed()
    const support = await member('support')
    const left = await member('finance')
    await left.merge({ disabledAt: approval.proposedAt }).save()
    for (const { id: by } of [support, left]) {
      assert.equal(
        await codeOf(approve(approval.id, { by, hash: approval.contentHash })),
        'forbidden'
      )
      assert.equal(await codeOf(refuse(approval.id, { by, reason: 'No.' })), 'forbidden')
      const proposal = { subjectId: found.id, content: {}, by, reason: 'Gone.' }
      assert.equal(await codeOf(propose(debtWriteOff, proposal)), 'forbidden')
    }
    assert.equal(await debtOf(found), '900.00')
  })

  test('only what the second person was shown is approved', async ({ assert }) => {
    const { found, approval } = await proposed()
    const second = await member('finance')
    const another = { by: second.id, hash: 'f'.repeat(64) }
    assert.equal(await codeOf(approve(approval.id, another)), 'other_content')
    assert.equal(await debtOf(found), '900.00')
  })

  for (const amount of [undefined, '100.00']) {
    test(`a debt that changed since is not written off ${amount ? 'in part' : 'as a whole'}`, async ({
      assert,
    }) => {
      const { found, approval } = await proposed(amount)
      await clawBack(found.id, { amount: '50.00' }, OPERATOR)
      const second = await member('finance')
      const approving = { by: second.id, hash: approval.contentHash }
      assert.equal(await codeOf(approve(approval.id, approving)), 'subject_changed')
      assert.equal(await debtOf(found), '850.00')
      assert.equal((await Approval.findOrFail(approval.id)).status, 'proposed')
      // It can be refused, and proposed as it is now.
      await refuse(approval.id, { by: second.id, reason: 'It changed.' })
      await propose(debtWriteOff, {
        subjectId: found.id,
        content: {},
        by: second.id,
        reason: 'Gone.',
      })
    })
  }

  test('there is one open proposal of a kind for a subject', async ({ assert }) => {
    const { found, proposer } = await proposed()
    const again = { subjectId: found.id, content: {}, by: proposer.id, reason: 'Gone.' }
    assert.equal(await codeOf(propose(debtWriteOff, again)), 'already_proposed')
  })

  test('of two who propose the same at the same moment one is told of the other', async ({
    assert,
  }) => {
    const found = await indebted()
    const staff = await Promise.all([member(), member()])
    const results = await Promise.allSettled(
      staff.map(({ id: by }) =>
        propose(debtWriteOff, { subjectId: found.id, content: {}, by, reason: 'Gone.' })
      )
    )
    const refused = results.filter((each) => each.status === 'rejected')
    assert.deepEqual(
      refused.map(({ reason }) => reason.code),
      ['already_proposed']
    )
  })

  test('it happens once when 20 people approve together', async ({ assert }) => {
    const { found, approval } = await proposed()
    const staff = await Promise.all(Array.from({ length: 20 }, () => member('admin')))
    const results = await Promise.allSettled(
      staff.map(({ id: by }) => approve(approval.id, { by, hash: approval.contentHash }))
    )
    assert.lengthOf(
      results.filter(({ status }) => status === 'fulfilled'),
      1
    )
    const codes = results.flatMap((each) =>
      each.status === 'rejected' ? (each.reason.code ?? each.reason) : []
    )
    assert.deepEqual([...new Set(codes)], ['already_decided'])
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await lossOf(), '900.00')
    assert.lengthOf(
      (await entryKinds()).filter((kind) => kind === 'debt_written_off'),
      1
    )
    assert.deepEqual(await breaks(), [])
  })

  test('who approves and who refuses at the same moment do not both succeed', async ({
    assert,
  }) => {
    const { found, approval } = await proposed()
    const [one, other] = await Promise.all([member(), member()])
    const results = await Promise.allSettled([
      approve(approval.id, { by: one.id, hash: approval.contentHash }),
      refuse(approval.id, { by: other.id, reason: 'No.' }),
    ])
    assert.lengthOf(
      results.filter(({ status }) => status === 'fulfilled'),
      1
    )
    const { status } = await Approval.findOrFail(approval.id)
    assert.equal(await debtOf(found), status === 'approved' ? '0.00' : '900.00')
  })

  test('a proposal is withdrawn by who made it, and by nobody else', async ({ assert }) => {
    const { found, proposer, approval } = await proposed()
    const another = await member('finance')
    assert.equal(await codeOf(withdraw(approval.id, { by: another.id })), 'not_your_proposal')
    await withdraw(approval.id, { by: proposer.id })
    const approving = { by: another.id, hash: approval.contentHash }
    assert.equal(await codeOf(approve(approval.id, approving)), 'already_decided')
    assert.equal(await debtOf(found), '900.00')
  })

  test('each step is in the audit log, as done to the subject, with the reason apart', async ({
    assert,
  }) => {
    const { found, proposer, approval } = await proposed()
    const second = await member('finance')
    await approve(approval.id, { by: second.id, hash: approval.contentHash, reason: 'Agreed.' })
    const lines = await db
      .from('audit_log')
      .leftJoin('audit_words', 'audit_words.audit_id', 'audit_log.id')
      .where({ target_type: 'chargeback', target_id: found.id })
      .orderBy('audit_log.id')
    assert.deepEqual(
      lines.map(({ action, actor_id: who, reason }) => [action, who, reason]),
      [
        ['approval.proposed', proposer.id, 'Gone.'],
        ['approval.approved', second.id, 'Agreed.'],
      ]
    )
    assert.equal(lines[1].after.amount, '900.00')
    assert.equal(lines[1].after.content_hash, approval.contentHash)
  })

  test('one from the command line says so, where nobody proves who they are', async ({
    assert,
  }) => {
    const { id } = await indebted()
    const by = await member('finance')
    const { exitCode } = await run('debts:write-off', id, '--by', by.email, '--reason', 'Gone.')
    assert.equal(exitCode, 0)
    const approval = await Approval.firstOrFail()
    assert.equal(approval.via, 'command_line')
    const audited = await db.from('audit_log').where('action', 'approval.proposed').firstOrFail()
    assert.equal(audited.after.proposed_via, 'command_line')
    const page = await console(await createStaff({ role: 'finance' })).get(
      `/console/approvals/${approval.id}`
    )
    assert.include(page.text, 'Proposed at the command line in the name of')
  })

  test('what is refused by the operation itself leaves the proposal open', async ({ assert }) => {
    const { found, approval } = await proposed()
    await clawBack(found.id, {}, OPERATOR)
    const second = await member('finance')
    const approving = { by: second.id, hash: approval.contentHash }
    assert.equal(await codeOf(approve(approval.id, approving)), 'nothing_owed')
    assert.equal((await Approval.findOrFail(approval.id)).status, 'proposed')
  })
})

test.group('The database, whatever the application does', (group) => {
  group.each.setup(() => freshStart())

  const decide = (id: string, by: string, hash: string | null, status = 'approved') =>
    db.rawQuery(
      `UPDATE approvals SET status = ?, decided_by = ?, decided_at = now(), approved_hash = ? WHERE id = ?`,
      [status, by, hash, id]
    )

  test('lets nobody approve what they proposed', async ({ assert }) => {
    const { proposer, approval } = await proposed()
    await assert.rejects(
      () => decide(approval.id, proposer.id, approval.contentHash),
      /approvals_four_eyes/
    )
  })

  test('lets nobody approve another hash, or none', async ({ assert }) => {
    const { approval } = await proposed()
    const { id } = await member()
    await assert.rejects(() => decide(approval.id, id, 'f'.repeat(64)), /approvals_same_content/)
    await assert.rejects(() => decide(approval.id, id, null), /approvals_same_content/)
  })

  test('lets nobody who left approve', async ({ assert }) => {
    const { approval } = await proposed()
    const left = await member()
    await left.merge({ disabledAt: approval.proposedAt }).save()
    await assert.rejects(() => decide(approval.id, left.id, approval.contentHash), /must work here/)
  })

  test('lets nothing of a proposal be changed', async ({ assert }) => {
    const { approval } = await proposed()
    const { id: other } = await member()
    const changes = {
      amount: '1',
      payee: `user:${other}`,
      version: '7',
      content: '{"amount":"1.00"}',
      content_hash: 'f'.repeat(64),
      proposed_by: other,
      kind: 'correcting_entry',
      subject_id: other,
      reason: 'Another.',
    }
    for (const [column, value] of Object.entries(changes)) {
      await assert.rejects(
        () => db.from('approvals').where('id', approval.id).update(column, value),
        /decided once and never changed/
      )
    }
    await assert.rejects(() => db.from('approvals').delete(), /never changed/)
    await assert.rejects(() => db.rawQuery('TRUNCATE approvals CASCADE'), /append-only/)
  })

  test('lets a decision stand', async ({ assert }) => {
    const { approval } = await proposed()
    const [one, other] = [await member(), await member()]
    await refuse(approval.id, { by: one.id, reason: 'No.' })
    await assert.rejects(() => decide(approval.id, other.id, approval.contentHash), /decided once/)
    await assert.rejects(
      () =>
        db.table('approvals').insert({
          kind: 'debt_write_off',
          subject_type: 'chargeback',
          subject_id: approval.subjectId,
          amount: '100',
          currency: 'USD',
          payee: 'x',
          version: 1,
          reason: 'Any.',
          content_hash: '',
          status: 'approved',
          proposed_by: one.id,
          decided_by: other.id,
          decided_at: new Date(),
          approved_hash: '',
        }),
      /begins as proposed/
    )
  })

  test('refuses a write-off without an approval that fits', async ({ assert }) => {
    const { found, approval } = await proposed('300.00')
    const row = {
      chargeback_id: found.id,
      amount: '30000',
      currency: 'USD',
      reason: 'Any.',
      written_off_by: 'somebody',
      reference: 'x',
    }
    const insert = (more: object) => () => db.table('debt_write_offs').insert({ ...row, ...more })
    await assert.rejects(insert({}), /No second person/)
    await assert.rejects(insert({ approval_id: approval.id }), /No second person/)
    const second = await member()
    await decide(approval.id, second.id, approval.contentHash)
    await assert.rejects(insert({ approval_id: approval.id, amount: '30001' }), /No second person/)
    await assert.rejects(insert({ approval_id: approval.id, currency: 'EUR' }), /No second person/)
    await insert({ approval_id: approval.id })()
    await assert.rejects(insert({ approval_id: approval.id, reference: 'y' }), /approval_id/)
    await assert.rejects(() => db.from('debt_write_offs').update('amount', '1'), /append-only/)
  })

  test('posts no write-off that nobody approved', async ({ assert }) => {
    const { found } = await proposed()
    const posting = (account: string, direction: string) => ({
      account,
      direction,
      amount: '30000',
      currency: 'USD',
    })
    const entry = {
      reference: `debt_written_off:${found.id}`,
      kind: 'debt_written_off',
      postings: [
        posting('chargeback_loss', 'debit'),
        posting(`freelancer_receivable:${found.freelancer.id}`, 'credit'),
      ],
    }
    await assert.rejects(
      () => db.rawQuery('SELECT * FROM post_entries(?)', [JSON.stringify([entry])]),
      /No second person has approved the entry/
    )
  })

  test('knows the roles that may propose and approve as the console does', async ({ assert }) => {
    for (const name of APPROVAL_KINDS) {
      const { proposes, approves } = approvalKind(name)
      const { rows } = await db.rawQuery(
        `SELECT approval_roles(?, 'propose') AS proposes, approval_roles(?, 'approve') AS approves`,
        [name, name]
      )
      assert.sameMembers(rows[0].proposes, [...ACTIONS[proposes].roles], name)
      assert.sameMembers(rows[0].approves, [...ACTIONS[approves].roles], name)
    }
  })

  test('lets nobody approve, refuse or propose whose role may not', async ({ assert }) => {
    const { approval } = await proposed()
    const support = await member('support')
    await assert.rejects(() => decide(approval.id, support.id, approval.contentHash), /their role/)
    await assert.rejects(() => decide(approval.id, support.id, null, 'refused'), /their role/)
    const copy = {
      kind: 'debt_write_off',
      subject_type: 'chargeback',
      subject_id: support.id,
      amount: '1',
      currency: 'USD',
      payee: 'x',
      version: 1,
      reason: 'Any.',
      content_hash: '',
      proposed_by: support.id,
    }
    await assert.rejects(() => db.table('approvals').insert(copy), /their role/)
  })

  test('posts a write-off once, and to the letter', async ({ assert }) => {
    const { found, approval } = await proposed('300.00')
    const second = await member()
    await decide(approval.id, second.id, approval.contentHash)
    const [row] = await db
      .table('debt_write_offs')
      .insert({
        chargeback_id: found.id,
        amount: '30000',
        currency: 'USD',
        reason: 'Any.',
        written_off_by: 'somebody',
        reference: 'x',
        approval_id: approval.id,
      })
      .returning('id')
    const { deposit_id: depositId } = await db.from('chargebacks').firstOrFail()
    const entry = (over: object = {}, amount = '30000', debtor = found.freelancer.id) => ({
      reference: `debt_written_off:${row.id}`,
      kind: 'debt_written_off',
      deposit_id: depositId,
      postings: [
        line('chargeback_loss', 'debit', amount),
        line(`freelancer_receivable:${debtor}`, 'credit', amount),
      ],
      ...over,
    })
    await assert.rejects(post(entry({}, '30001')), NOBODY)
    await assert.rejects(post(entry({ reference: `debt_written_off:${row.id}:2` })), NOBODY)
    await assert.rejects(post(entry({ deposit_id: undefined })), NOBODY)
    await assert.rejects(
      post(
        entry({
          postings: [line('suspense', 'debit', '30000'), line('bank', 'credit', '30000')],
        })
      ),
      NOBODY
    )
    await post(entry())()
    assert.equal(await debtOf(found), '600.00')
  })

  test('refuses to empty any table that a guard reads or protects', async ({ assert }) => {
    const { rows } = await db.rawQuery(
      `SELECT DISTINCT t.tgrelid::regclass::text AS name FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND p.proname ~ '^guard_|^refuse_change$|append_only$'`
    )
    const names = rows.map(({ name }: { name: string }) => name)
    assert.includeMembers(names, [
      'approvals',
      'audit_words',
      'debt_write_offs',
      'disputes',
      'refund_adoptions',
      'refunds_paid_by_hand',
      'settings',
    ])
    for (const name of names) {
      const { rows: kept } = await db.rawQuery(
        `SELECT FROM pg_trigger WHERE tgrelid = ?::regclass AND tgtype & 32 <> 0 AND tgenabled = 'O'`,
        [name]
      )
      assert.lengthOf(kept, 1, name)
      await assert.rejects(() => db.rawQuery(`TRUNCATE ${name} CASCADE`), /append-only|TRUNCATE/)
    }
  })
})
