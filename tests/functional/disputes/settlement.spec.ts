import { test } from '@japa/runner'
import { parse } from 'csv-parse/sync'
import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { formatMinor } from '#ledger/money'
import { verifyLedger } from '#ledger/verify'
import { explainClearing } from '#escrow/explain_clearing'
import { refundPaidByHand } from '#escrow/pay_refund_by_hand'
import { retryRefund } from '#escrow/retry_refund'
import Dispute from '#models/dispute'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { mailsTo } from '#tests/support/mailbox'
import { OPERATOR } from '#tests/support/operator'
import { readPdf } from '#tests/support/pdf'
import { aPayoutAccount, fundedProject, submit, type Case } from '#tests/support/projects'
import { corrupt } from '#tests/functional/ledger/books'
import { bookedFloats } from '#tests/support/floats'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { agreed } from '#tests/support/two_people'
import {
  debtOf,
  decided,
  disagreements,
  disputed,
  freshStart,
  milestoneNow,
  payableOf,
  projectNow,
  releasedProject,
  releaseOf,
  toldTo,
} from '../payments/chargebacks.js'
import {
  disputeOf,
  postingsOf,
  previewFor,
  settleFor,
  settleUnanswered,
  transactionsOf,
} from './settling.js'

const theOnly = async (found: Case, type: string) => {
  const rows = await transactionsOf(found, type)
  if (rows.length !== 1) throw new Error(`${rows.length} transactions of type ${type}`)
  return rows[0]
}

const escrowOf = async ({ client, project }: Case) =>
  expectData(await api(client).get(`payments/escrow/${project.id}`))

async function receiptOf(user: User, id: string): Promise<string> {
  const { bytes } = await api(user).file(`payments/transactions/${id}/receipt`)
  return (await readPdf(bytes)).text
}

async function statementOf(user: User): Promise<string[]> {
  const day = (offset: number) => DateTime.utc().plus({ days: offset }).toISODate()
  const query = { from: day(-1), to: day(1) }
  const { bytes } = await api(user).file('payments/statement', { query })
  const rows = parse(bytes.toString('utf8'), { columns: true, record_delimiter: '\r\n' })
  return rows.map(({ type, amount, fee, net, balance }: any) =>
    [type, amount, fee, net, balance].join(' ')
  )
}

const moneyOf = async (user: User) => expectData(await api(user).get('users/dashboard')).money[0]

/** What the preview says of its entries, in the words of `postingsOf`. */
const linesOf = (preview: Awaited<ReturnType<typeof previewFor>>) =>
  preview.entries.map(({ kind, postings }) => [
    kind,
    ...postings
      .map(
        ({ direction, account, amount }) => `${direction} ${account.split(':')[0]} ${amount.minor}`
      )
      .sort((a, b) => (a[0] === b[0] ? a.localeCompare(b) : b.localeCompare(a))),
  ])

test.group('Settlement of a dispute', (group) => {
  group.each.setup(() => freshStart())

  test('60/40: one entry divides what is held, the rest is paid out and refunded', async ({
    assert,
  }) => {
    const found = await fundedProject()
    await submit(found.freelancer, found.milestone)
    const dispute = await disputeOf(found)
    await settleFor(dispute, '600.00')

    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 100000',
      'credit payable 54000',
      'credit platform_fee 6000',
      'credit refund_in_transit 40000',
    ])
    assert.deepEqual(await entryKinds(), ['deposit_captured', 'provider_fee', 'resolution'])
    assert.deepEqual(await breaks(), [])
    await dispute.refresh()
    assert.equal(dispute.status, 'settled')
    assert.equal(dispute.settledHow, 'offer')
    assert.equal(dispute.toFreelancer, 60_000n)
    assert.equal(dispute.toClient, 40_000n)
    assert.isNotNull(dispute.closedAt)
    const milestone = await milestoneNow(found)
    assert.equal(milestone.status, 'approved')
    assert.equal(milestone.closed_reason, 'settled')
    assert.equal((await projectNow(found)).status, 'active')

    await settle()
    assert.equal((await projectNow(found)).status, 'completed')
    assert.deepEqual(await disagreements(), [])
    const [transfer] = sandbox.transfers
    assert.equal(transfer.amount, 54_000)
    const [refund] = sandbox.refunds
    assert.equal(refund.amount, 40_000)
    const totals = await escrowOf(found)
    assert.equal(totals.total_deposited, '1000.00')
    assert.equal(totals.total_released, '600.00')
    assert.equal(totals.total_refunded, '400.00')
    assert.equal(totals.balance, '0.00')
    const kinds = await toldTo(found.freelancer)
    assert.includeMembers(kinds, ['dispute.settled', 'release.made', 'payout.paid'])
    assert.includeMembers(await toldTo(found.client), [
      'dispute.settled',
      'payment.released',
      'refund.completed',
      'project.completed',
    ])
    await settle({ includeDeferred: true })
    const [mail] = (await mailsTo(found.client.email)).filter(({ subject }) =>
      subject.startsWith('Dispute settled')
    )
    assert.include(mail.text, '600.00 USD goes to the freelancer and 400.00 USD back to the client')
  })

  test('everything to the client: no release, no fee, and the milestone keeps its status', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['250.01'] })
    await submit(found.freelancer, found.milestone)
    await settleUnanswered(await disputeOf(found), '0.00')
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 25001',
      'credit refund_in_transit 25001',
    ])
    assert.deepEqual(await breaks(), [])
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.lengthOf(await transactionsOf(found, 'release'), 0)
    assert.lengthOf(await transactionsOf(found, 'fee'), 0)
    assert.lengthOf(await transactionsOf(found, 'payout'), 0)
    const milestone = await milestoneNow(found)
    assert.equal(milestone.status, 'submitted')
    assert.equal(milestone.closed_reason, 'settled')
    assert.equal((await escrowOf(found)).total_refunded, '250.01')
    assert.equal((await projectNow(found)).status, 'completed')
    assert.notInclude(await toldTo(found.freelancer), 'release.made')
  })

  test('everything to the freelancer: no refund, and the project completes at once', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['250.01'] })
    await settleUnanswered(await disputeOf(found), '250.01')
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 25001',
      'credit payable 22501',
      'credit platform_fee 2500',
    ])
    assert.equal((await projectNow(found)).status, 'completed')
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.lengthOf(await transactionsOf(found, 'refund'), 0)
    assert.equal((await milestoneNow(found)).status, 'approved')
    assert.equal((await escrowOf(found)).total_released, '250.01')
  })

  test('the fee counts what was released before: parts add up to the whole', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['100.09', '50.00'] })
    await releaseOf(found, 0, '33.35')
    await settle()
    // 33.35 took 3.33; of 33.35 + 33.35 = 66.70 the fee is 6.67.
    await settleFor(await disputeOf(found), '33.35')
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 6674',
      'credit payable 3001',
      'credit platform_fee 334',
      'credit refund_in_transit 3339',
    ])
    await settle()
    assert.deepEqual(await disagreements(), [])
    const [part] = (await escrowOf(found)).milestones
    assert.equal(part.released, '66.70')
    assert.equal(part.refunded, '33.39')
    assert.equal(part.held, '0.00')
  })

  test('a cent for the freelancer is too little for a fee, and makes the milestone approved', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00'], payoutProvider: 'paypal' })
    await settleFor(await disputeOf(found), '0.01')
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 1000',
      'credit payable 1',
      'credit refund_in_transit 999',
    ])
    assert.deepEqual(await breaks(), [])
    assert.equal((await milestoneNow(found)).status, 'approved')
  })

  test('what was released before makes the milestone approved although all of the rest goes back', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['100.00'] })
    await releaseOf(found, 0, '40.00')
    await settleFor(await disputeOf(found), '0.00')
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.equal((await milestoneNow(found)).status, 'approved')
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 6000',
      'credit refund_in_transit 6000',
    ])
  })

  test('only the disputed milestone ends; its sibling goes on', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['600.00', '400.00'] })
    await settleFor(await disputeOf(found), '300.00')
    await settle()
    assert.equal((await milestoneNow(found, 1)).closed_reason, null)
    assert.equal((await projectNow(found)).status, 'active')
    await releaseOf(found, 1)
    await settle()
    assert.equal((await projectNow(found)).status, 'completed')
    assert.deepEqual(await disagreements(), [])
  })

  test('a debt is set off at once, and what is left is paid out', async ({ assert }) => {
    const found = await releasedProject()
    await decided(await disputed(), 'lost')
    assert.equal(await debtOf(found), '900.00')
    const next = await fundedProject({
      client: found.client,
      freelancer: found.freelancer,
      amounts: ['2000.00'],
      payable: false,
    })
    const dispute = await disputeOf(next)
    const preview = await previewFor(dispute, '1500.00')
    await settleFor(dispute, '1500.00')
    assert.deepEqual(await postingsOf('debt_offset'), [
      'debit payable 90000',
      'credit freelancer_receivable 90000',
    ])
    assert.deepEqual(linesOf(preview), [
      ['resolution', ...(await postingsOf('resolution'))],
      ['debt_offset', ...(await postingsOf('debt_offset'))],
    ])
    assert.equal(await debtOf(next), '0.00')
    assert.equal(await payableOf(next), '450.00')
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.equal((await theOnly(next, 'payout')).amount, 45_000n)
    assert.include(await toldTo(next.freelancer), 'debt.offset')
  })

  test('a debt that takes everything leaves no payout', async ({ assert }) => {
    const found = await releasedProject()
    await decided(await disputed(), 'lost')
    const next = await fundedProject({
      client: found.client,
      freelancer: found.freelancer,
      payable: false,
    })
    await settleFor(await disputeOf(next), '500.00')
    await settle()
    assert.lengthOf(await transactionsOf(next, 'payout'), 0)
    assert.equal(await debtOf(next), '450.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('the preview is the entry that settling posts, and moves nothing', async ({ assert }) => {
    for (const toFreelancer of ['0.00', '0.01', '33.33', '66.66', '100.01']) {
      const found = await fundedProject({ amounts: ['100.01'] })
      const dispute = await disputeOf(found)
      const before = await entryKinds()
      const preview = await previewFor(dispute, toFreelancer)
      assert.deepEqual(await entryKinds(), before)
      await settleFor(dispute, toFreelancer)
      const { rows } = await db.rawQuery(
        `SELECT p.direction, a.name, p.amount FROM journal_entries e
           JOIN postings p ON p.entry_id = e.id
           JOIN ledger_accounts a ON a.id = p.account_id
          WHERE e.reference = ? ORDER BY a.name`,
        [`resolution:${dispute.id}`]
      )
      const [entry] = preview.entries
      assert.equal(entry.reference, `resolution:${dispute.id}`)
      const refund = (await transactionsOf(found, 'refund'))[0]?.id
      assert.deepEqual(
        entry.postings
          .map(({ direction, account, amount }) => ({
            direction,
            name: account.replace(/^refund_in_transit:new$/, `refund_in_transit:${refund}`),
            amount: amount.minor,
          }))
          .sort((a, b) => a.name.localeCompare(b.name)),
        rows
      )
    }
  })

  test('while its payment is disputed with the bank nothing is settled; afterwards it is', async ({
    assert,
  }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    const chargeback = await disputed()
    await assert.rejects(
      () => settleFor(dispute, '600.00'),
      "The payment for this milestone is disputed with the payer's bank; its money is frozen."
    )
    assert.equal((await dispute.refresh()).status, 'open')
    assert.notInclude(await entryKinds(), 'resolution')
    await decided(chargeback, 'won')
    await settleFor(dispute, '600.00')
    await settle()
    assert.deepEqual(await disagreements(), [])
    assert.equal((await projectNow(found)).status, 'completed')
  })

  test('a chargeback that takes a part leaves the rest to divide, and no more', async ({
    assert,
  }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    await decided(await disputed({ amount: 70_000 }), 'lost')
    await assert.rejects(() => settleFor(dispute, '300.01'), /300.00 USD is held/)
    await settleFor(dispute, '100.00')
    await settle()
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 30000',
      'credit payable 9000',
      'credit platform_fee 1000',
      'credit refund_in_transit 20000',
    ])
    assert.deepEqual(await breaks(), [])
  })

  test('a chargeback after it takes what the freelancer got and our fee back', async ({
    assert,
  }) => {
    const found = await fundedProject()
    await settleFor(await disputeOf(found), '600.00')
    await settle()
    await decided(await disputed({ amount: 60_000 }), 'lost')
    assert.equal(await debtOf(found), '540.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('it is settled once, also by two at the same moment', async ({ assert }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    const both = await Promise.allSettled([
      settleFor(dispute, '600.00'),
      settleFor(dispute, '100.00'),
    ])
    assert.sameMembers(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected']
    )
    await assert.rejects(() => settleFor(dispute, '600.00'))
    await settle()
    assert.lengthOf(await transactionsOf(found, 'refund'), 1)
    assert.deepEqual(await disagreements(), [])
  })

  test('more than is held cannot be given', async ({ assert }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    await assert.rejects(() => settleFor(dispute, '1000.01'), /1000.00 USD is held/)
    await assert.rejects(() => previewFor(dispute, '1000.01'), /1000.00 USD is held/)
  })

  test('a refund that fails late is owed, and is sent again', async ({ assert }) => {
    const found = await fundedProject()
    await settleFor(await disputeOf(found), '600.00')
    await settle()
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    const refund = await theOnly(found, 'refund')
    assert.equal(refund.status, 'failed')
    assert.equal(await held(accounts.refundPayable(found.client.id)), '400.00')
    assert.deepEqual(await disagreements(), [])
    await retryRefund(refund.id, OPERATOR)
    await settle()
    assert.equal(await held(accounts.refundPayable(found.client.id)), '0.00')
    assert.deepEqual(await disagreements(), [])
    sandbox.failRefund(sandbox.refunds[1].id)
    await settle()
    await agreed(refundPaidByHand, refund.id, { reference: 'bank-1' })
    assert.deepEqual(await breaks(), [])
    assert.equal((await escrowOf(found)).total_refunded, '400.00')
  })

  test('a payout without an account waits, visibly, and goes when there is one', async ({
    assert,
  }) => {
    const found = await fundedProject({ payable: false })
    await settleFor(await disputeOf(found), '600.00')
    await settle()
    const waiting = await theOnly(found, 'payout')
    assert.equal(waiting.status, 'pending')
    assert.isNotEmpty(waiting.wait_reason)
    assert.equal(await payableOf(found), '540.00')
    assert.deepEqual(await breaks(), [])
    assert.equal((await projectNow(found)).status, 'completed')
    await aPayoutAccount(found.freelancer)
    await settle()
    assert.equal((await theOnly(found, 'payout')).status, 'completed')
    assert.deepEqual(await disagreements(), [])
  })

  for (const provider of ['stripe', 'paypal'] as const) {
    test(`what is on its way explains the difference to the provider, and then there is none (${provider})`, async ({
      assert,
    }) => {
      await bookedFloats()
      const clearing = async () =>
        (await explainClearing())
          .filter(({ rail }) => rail === provider)
          .map(({ verdict }) => verdict)
      const found = await fundedProject({ provider })
      await settleFor(await disputeOf(found), '600.00')
      assert.deepEqual(await clearing(), ['agrees'])
      sandbox.webhookMode({ paused: true })
      paypalSandbox.webhookMode({ paused: true })
      await drain()
      assert.notInclude(await clearing(), 'unexplained')
      sandbox.webhookMode({ paused: false })
      paypalSandbox.webhookMode({ paused: false })
      await settle()
      assert.deepEqual(await clearing(), ['agrees'])
      assert.equal((await theOnly(found, 'payout')).status, 'completed')
      assert.equal((await theOnly(found, 'refund')).status, 'completed')
      assert.deepEqual(await breaks(), [])
    })
  }
})

test.group('Papers of a settlement', (group) => {
  group.each.setup(() => freshStart())

  test('release, payout and refund have their receipts', async ({ assert }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    await settleFor(dispute, '600.00')
    await settle()
    const release = await theOnly(found, 'release')
    const reference = `Ledger entry resolution:${dispute.id}`
    const own = await receiptOf(found.freelancer, release.id)
    for (const words of [
      'Released 600.00 USD',
      'Platform fee (10.00 %) -60.00 USD',
      'Net 540.00 USD',
      'A dispute was settled.',
      reference,
    ]) {
      assert.include(own, words)
    }
    const theirs = await receiptOf(found.client, release.id)
    assert.include(theirs, 'Total released 600.00 USD')
    assert.include(theirs, reference)

    const payout = await receiptOf(found.freelancer, (await theOnly(found, 'payout')).id)
    assert.include(payout, 'Total paid out 540.00 USD')
    assert.include(payout, `Release ${release.id}`)
    const { id } = await theOnly(found, 'refund')
    for (const user of [found.client, found.freelancer]) {
      const refund = await receiptOf(user, id)
      assert.include(refund, 'Total refunded 400.00 USD')
      assert.include(refund, `refund_succeeded:${id}`)
    }
    const fee = await theOnly(found, 'fee')
    expectProblem(
      await api(found.freelancer).get(`payments/transactions/${fee.id}/receipt`),
      409,
      'no_receipt'
    )
  })

  test('the statement of each side adds up, with the settlement in a line of its own', async ({
    assert,
  }) => {
    const found = await fundedProject()
    await releaseOf(found, 0, '100.00')
    await settle()
    await settleFor(await disputeOf(found), '540.00')
    assert.deepEqual(await statementOf(found.client), [
      'opening_balance    0.00',
      'deposit 1000.00 0.00 1000.00 1000.00',
      'release -100.00 0.00 -100.00 900.00',
      'resolution -540.00 0.00 -540.00 360.00',
      'closing_balance    360.00',
    ])
    await settle()
    assert.deepEqual((await statementOf(found.client)).slice(-2), [
      'refund -360.00 0.00 -360.00 0.00',
      'closing_balance    0.00',
    ])
    assert.deepEqual(await statementOf(found.freelancer), [
      'opening_balance    0.00',
      'release 100.00 10.00 90.00 90.00',
      'payout -90.00 0.00 -90.00 0.00',
      'resolution 540.00 54.00 486.00 486.00',
      'payout -486.00 0.00 -486.00 0.00',
      'closing_balance    0.00',
    ])
  })

  test('the dashboards count it: spent and earned at once, refunded when it has gone', async ({
    assert,
  }) => {
    const found = await fundedProject()
    await settleFor(await disputeOf(found), '600.00')
    const before = await moneyOf(found.client)
    assert.equal(before.total.spent, '600.00')
    assert.equal(before.total.refunded, '0.00')
    assert.equal(before.refund_in_transit, '400.00')
    assert.equal(before.held, '0.00')
    const earned = await moneyOf(found.freelancer)
    assert.equal(earned.total.earned, '540.00')
    assert.equal(earned.payable, '540.00')
    await settle()
    const after = await moneyOf(found.client)
    assert.equal(after.total.refunded, '400.00')
    assert.equal(after.refund_in_transit, '0.00')
    assert.equal((await moneyOf(found.freelancer)).total.paid_out, '540.00')
  })

  test('the history tells of each step', async ({ assert }) => {
    const found = await fundedProject()
    const dispute = await disputeOf(found)
    await settleFor(dispute, '600.00')
    const { body } = await api(found.client).get(`projects/${found.project.id}/activity`, {
      query: { limit: 100 },
    })
    const told = body.data.map(({ action }: any) => action)
    assert.includeMembers(told, [
      'release.completed',
      'refund.started',
      'dispute.settled',
      'milestone.approved',
      'milestone.closed',
    ])
    const settled = body.data.find(({ action }: any) => action === 'dispute.settled')
    assert.deepInclude(settled.details, {
      how: 'offer',
      to_freelancer: '600.00',
      to_client: '400.00',
    })
    const [{ amount }] = await db.from('releases').where('kind', 'resolution').select('amount')
    assert.equal(formatMinor(amount, 'USD'), '600.00')
    assert.equal((await Dispute.findOrFail(dispute.id)).status, 'settled')
  })
})

test.group('reconcile:ledger, settlements', (group) => {
  group.each.setup(() => freshStart())

  test('notices when {0}')
    .with([
      ['a settled dispute says other amounts', 'to_freelancer = to_freelancer + 1'],
      [
        'a dispute that was settled is open',
        `status = 'open', closed_at = NULL, settled_how = NULL, to_freelancer = NULL, to_client = NULL`,
      ],
      ['a settled dispute is of another id', 'id = uuid_v7()'],
    ])
    .run(async ({ assert }, [, change]) => {
      const found = await fundedProject()
      await settleFor(await disputeOf(found), '600.00')
      await corrupt(`UPDATE disputes SET ${change}`)
      const { breaks: noticed } = await verifyLedger()
      assert.include(
        noticed.map(({ invariant }) => invariant),
        'dispute_as_settled'
      )
    })

  test('notices when a settlement belongs to a transaction of another type', async ({ assert }) => {
    const found = await fundedProject()
    await settleFor(await disputeOf(found), '600.00')
    await corrupt(
      `UPDATE journal_entries SET transaction_id = deposit_id WHERE kind = 'resolution'`
    )
    const { breaks: noticed } = await verifyLedger()
    assert.include(
      noticed.map(({ invariant }) => invariant),
      'entry_has_transaction'
    )
  })
})
