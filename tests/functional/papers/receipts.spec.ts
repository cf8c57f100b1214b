import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { receiptPdf } from '#receipts/receipt_pdf'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { readPdf } from '#tests/support/pdf'
import {
  activeProject,
  aDeposit,
  fundedProject,
  pay,
  payIn,
  type Case,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer, aUser } from '#tests/support/users'
import { decided, disputed, releasedProject, releaseOf } from '../payments/chargebacks.js'

const pathOf = (id: string) => `payments/transactions/${id}/receipt`

/** To look at: RECEIPTS=folder keeps what the tests read. */
async function receipt(user: User, id: string) {
  const { headers, bytes } = await api(user).file(pathOf(id))
  const pdf = await readPdf(bytes)
  const name = /filename="([\w-]+\.pdf)"/.exec(headers.get('content-disposition') ?? '')?.[1]
  if (process.env.RECEIPTS)
    await writeFile(`${process.env.RECEIPTS}/${user.userType}-${name}`, bytes)
  return { ...pdf, headers, bytes, name: name! }
}

async function transactionsOf({ project }: Case, type: string): Promise<any[]> {
  return db
    .from('transactions as t')
    .join('escrow_accounts as e', 'e.id', 't.escrow_account_id')
    .where('e.project_id', project.id)
    .where('t.transaction_type', type)
    .orderBy('t.id')
    .select('t.*')
}

const theOnly = async (found: Case, type: string) => {
  const rows = await transactionsOf(found, type)
  if (rows.length !== 1) throw new Error(`${rows.length} transactions of type ${type}`)
  return rows[0]
}

test.group('Receipts', (group) => {
  group.each.setup(resetAll)

  test('a deposit: what was paid, for which milestones, by whom, and where that is on the books', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['1000.00', '234.56'] })
    const { client, freelancer, project } = found
    const deposit = await theOnly(found, 'deposit')
    const { text, headers, info, lang, name } = await receipt(client, deposit.id)
    for (const words of [
      'SafeSend',
      'Deposit receipt',
      `Paid by Held in escrow for ${client.displayName} ${freelancer.displayName}`,
      project.title,
      'Part 1 1000.00 USD',
      'Part 2 234.56 USD',
      'Total paid 1234.56 USD',
      'Paid by way of Stripe',
      deposit.provider_transaction_id,
      `Transaction ${deposit.id}`,
      `deposit:${deposit.id}`,
      'not a tax invoice',
      `${deposit.completed_at.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    ]) {
      assert.include(text, words)
    }
    const number = /DEP-\d{8}-[0-9A-F]{12}/.exec(text)![0]
    assert.equal(
      number.slice(4, 12),
      deposit.created_at.toISOString().slice(0, 10).replaceAll('-', '')
    )
    assert.isTrue(deposit.id.endsWith(number.slice(13).toLowerCase()))
    assert.equal(name, `safesend-${number}.pdf`)
    assert.match(headers.get('content-type')!, /^application\/pdf/)
    assert.match(headers.get('content-disposition')!, /^attachment;/)
    assert.equal(headers.get('cache-control'), 'private, no-store')
    assert.equal(info.Title, `Deposit receipt ${number}`)
    assert.equal(lang, 'en')
    assert.isTrue(await isInLedger(`deposit:${deposit.id}`, deposit.amount))
  })

  test('a release: the client sees what left escrow, the freelancer fee and net of it', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['1000.00'] })
    await releaseOf(found, 0, '333.33')
    await settle()
    const release = await theOnly(found, 'release')
    const theirs = await receipt(found.client, release.id)
    assert.include(theirs.text, 'Total released 333.33 USD')
    assert.notInclude(theirs.text, '300.00')
    const own = await receipt(found.freelancer, release.id)
    for (const words of [
      'Release receipt',
      'Released 333.33 USD',
      'Platform fee (10.00 %) -33.33 USD',
      'Net 300.00 USD',
      `Deposit ${release.deposit_id}`,
      `release:${release.id}`,
    ]) {
      assert.include(own.text, words)
    }
    assert.equal(own.name, theirs.name)
    assert.notInclude(own.text, 'Set off')
    assert.isTrue(await isInLedger(`release:${release.id}`, 33_333n))
  })

  test('a payout: what arrived where', async ({ assert }) => {
    const found = await fundedProject({
      amounts: ['50.00'],
      provider: 'paypal',
      payoutProvider: 'paypal',
    })
    await releaseOf(found, 0)
    await settle()
    const payout = await theOnly(found, 'payout')
    const { text } = await receipt(found.freelancer, payout.id)
    for (const words of [
      'Payout receipt',
      `Paid by Paid to SafeSend ${found.freelancer.displayName}`,
      'Part 1 45.00 USD',
      'Total paid out 45.00 USD',
      'Paid by way of PayPal',
      found.freelancer.email,
      payout.provider_transaction_id,
      `payout_confirmed:${payout.id}`,
      `Release ${(await theOnly(found, 'release')).id}`,
    ]) {
      assert.include(text, words)
    }
    assert.notInclude(text, 'Came back')
    assert.isTrue(await isInLedger(`payout_confirmed:${payout.id}`, 4500n))
  })

  test('a payout that came back says so from then on', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['100.00'] })
    await releaseOf(found, 0)
    await settle()
    const payout = await theOnly(found, 'payout')
    sandbox.reverseTransfer(payout.provider_transaction_id)
    await settle()
    const { text } = await receipt(found.freelancer, payout.id)
    assert.include(text, 'Total paid out 90.00 USD')
    assert.include(text, 'Came back afterwards -90.00 USD')
    assert.include(text, 'Received 0.00 USD')
    assert.include(text, `payout_returned:${payout.id}:9000`)
  })

  test('a refund: both parties have it, from when it has gone', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['200.00'] })
    const wanted = { milestone_id: found.milestone.id, amount: '80.50', reason: 'Less to do.' }
    expectData(await pay(found.client, 'payments/refund', wanted), 201)
    const refund = await theOnly(found, 'refund')
    const early = expectProblem(
      await api(found.client).get(pathOf(refund.id)),
      409,
      'not_completed'
    )
    assert.equal(early.current_status, 'pending')
    await settle()
    const [{ provider_transaction_id: reference }] = await transactionsOf(found, 'refund')
    for (const user of [found.client, found.freelancer]) {
      const { text } = await receipt(user, refund.id)
      for (const words of [
        'Refund receipt',
        `Refunded by Refunded to SafeSend ${found.client.displayName}`,
        'Total refunded 80.50 USD',
        reference,
        `refund_succeeded:${refund.id}`,
        `Deposit ${refund.deposit_id}`,
      ]) {
        assert.include(text, words)
      }
    }
    assert.isTrue(await isInLedger(`refund_succeeded:${refund.id}`, 8050n))
  })

  test('what was set off against a debt is on the receipt of its release', async ({ assert }) => {
    const found = await releasedProject(['100.00'])
    await decided(await disputed(), 'lost')
    const next = await fundedProject({ ...found, amounts: ['300.00'], payable: false })
    await releaseOf(next, 0)
    await settle()
    const release = await theOnly(next, 'release')
    const { text } = await receipt(found.freelancer, release.id)
    for (const words of [
      'Released 300.00 USD',
      'Platform fee (10.00 %) -30.00 USD',
      'Net 270.00 USD',
      'Set off against what you owed -90.00 USD',
      'To be paid out 180.00 USD',
      `debt_offset:${release.id}:9000`,
    ]) {
      assert.include(text, words)
    }
    const [chargeback] = await transactionsOf(found, 'chargeback')
    expectProblem(await api(found.client).get(pathOf(chargeback.id)), 409, 'no_receipt')
    const [fee] = await transactionsOf(next, 'fee')
    const problem = expectProblem(
      await api(found.freelancer).get(pathOf(fee.id)),
      409,
      'no_receipt'
    )
    assert.equal(problem.transaction_id, release.id)
  })

  test('nobody has a receipt that is not theirs', async () => {
    const found = await fundedProject({ amounts: ['100.00'] })
    await releaseOf(found, 0)
    await settle()
    const id = async (type: string) => (await theOnly(found, type)).id
    const strangers = [await aClient(), await aFreelancer()]
    for (const type of ['deposit', 'release', 'payout', 'fee']) {
      for (const stranger of strangers) {
        expectProblem(await api(stranger).get(pathOf(await id(type))), 404, 'not_found')
      }
      expectProblem(await api().get(pathOf(await id(type))), 401)
    }
    expectProblem(await api(found.freelancer).get(pathOf(await id('deposit'))), 404)
    expectProblem(await api(found.client).get(pathOf(await id('payout'))), 404)
    for (const none of [randomUUID(), 'x', '%00', "'; DROP TABLE users"]) {
      expectProblem(await api(found.client).get(pathOf(encodeURIComponent(none))), 404)
    }
  })

  test('a deposit that was not paid has none, and one that nothing needed any more says so', async ({
    assert,
  }) => {
    const found = await activeProject({ amounts: ['60.00'] })
    const deposit = await aDeposit(found.client, found.milestones)
    const path = pathOf(deposit.id)
    assert.equal(
      expectProblem(await api(found.client).get(path), 409, 'not_completed').current_status,
      'pending'
    )
    // Cancelled here, and paid there before they heard of it.
    await db.from('deposit_allocations').update({ live: false })
    payIn(deposit)
    await settle()
    const { text } = await receipt(found.client, deposit.id)
    assert.include(text, 'Total paid 60.00 USD')
    assert.include(text, 'was not needed any more')
    assert.include(text, `unapplied:${deposit.id}`)
    const refund = await theOnly(found, 'refund')
    assert.include((await receipt(found.client, refund.id)).text, 'Total refunded 60.00 USD')
  })

  test('the same receipt is the same file, byte by byte, whenever it is made', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['10.00'] })
    const { id } = await theOnly(found, 'deposit')
    const first = await receipt(found.client, id)
    // PDF dates are seconds: one that crept in would differ by now.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const second = await receipt(found.client, id)
    assert.isTrue(first.bytes.equals(second.bytes))
    assert.isTrue((await receiptPdf(id, found.client)).bytes.equals(first.bytes))
    const other = await fundedProject({ amounts: ['10.00'] })
    const another = await receipt(other.client, (await theOnly(other, 'deposit')).id)
    assert.notEqual(another.id, first.id)
  })

  test('names in any script are written, long titles wrap, and nothing turns amounts around', async ({
    assert,
  }) => {
    const client = await aUser({ firstName: 'Ελένη Ωραία' })
    const freelancer = await aUser({ type: 'freelancer', firstName: 'Дмитрий Щукин' })
    const found = await fundedProject({ client, freelancer, amounts: ['10.00', '20.00'] })
    const long = 'Přípravné práce a návrh ležatého značení '.repeat(4).trim()
    await db.from('projects').update({ title: `${long} 世界 🎉 \u202e evil\n\u0007` })
    await db
      .from('milestones')
      .where('id', found.milestone.id)
      .update({ title: `=${long}` })
    const { text, pages } = await receipt(client, (await theOnly(found, 'deposit')).id)
    assert.lengthOf(pages, 1)
    assert.include(text, client.displayName)
    assert.include(text, freelancer.displayName)
    assert.include(text.replaceAll(' ', ''), long.replaceAll(' ', ''))
    assert.notInclude(text, '\u202e')
    assert.include(text, '20.00 USD')
  })

  test('50 milestones take more than one page, each with its number and all amounts', async ({
    assert,
  }) => {
    const amounts = Array.from({ length: 50 }, (_, index) => `${index + 1}.0${index % 10}`)
    const found = await fundedProject({ amounts })
    await db.from('milestones').update({
      title: db.raw(
        `title || ' ' || repeat('of what was agreed upon, with all that belongs to it ', 3)`
      ),
    })
    const { text, pages } = await receipt(found.client, (await theOnly(found, 'deposit')).id)
    assert.isAbove(pages.length, 2)
    for (const [index, page] of pages.entries()) {
      assert.include(page, `${index + 1} / ${pages.length}`)
      assert.include(page, 'not a tax invoice')
    }
    for (const amount of amounts) assert.include(text, ` ${amount} USD`)
    assert.include(text, 'Total paid 1277.25 USD')
  })
})

/** That an entry moves exactly this much. */
async function isInLedger(reference: string, minor: bigint): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `SELECT sum(p.amount)::bigint AS debits FROM journal_entries e JOIN postings p ON p.entry_id = e.id
      WHERE e.reference = ? AND p.direction = 'debit'`,
    [reference]
  )
  return rows[0].debits === BigInt(minor)
}
