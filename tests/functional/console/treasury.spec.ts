import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { openDebts, pageOfDebts } from '#escrow/chargebacks/debts'
import { pageOfOwedRefunds } from '#escrow/owed_refunds'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import Approval from '#models/approval'
import { providerFor } from '#payments/registry'
import {
  chargebacks,
  debtOf,
  decided,
  disputed,
  releasedProject,
} from '#tests/functional/payments/chargebacks'
import { expectData } from '#tests/support/api'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { fundedMilestone, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { linksOf, textOf } from './pages.js'

const HOME = '/console/treasury'
const REASON = { reason: 'The bank says so.' }
const TOP_UP = {
  kind: 'top_up',
  rail: 'stripe',
  amount: '500.00',
  currency: 'USD',
  reference: 'tu_1',
  ...REASON,
}

/** A refund of 300.00 that arrived, and whose bank sent it back. */
async function stuckRefund() {
  const { client, milestone } = await fundedMilestone()
  const body = { milestone_id: milestone.id, amount: '300.00', reason: 'Not needed.' }
  const request = expectData(await pay(client, 'payments/refund', body), 201)
  await settle()
  sandbox.failRefund(sandbox.refunds.at(-1)!.id)
  await settle()
  return { client, id: request.transaction.id as string }
}

async function aDebt() {
  const found = await releasedProject()
  await decided(await disputed(), 'lost')
  const [{ id }] = await chargebacks()
  return { ...found, id: id as string, path: `${HOME}/debts/${id}` }
}

/** A second person approves what waits, on its page. */
async function approveOnItsPage() {
  const { id, contentHash } = await Approval.findByOrFail({ status: 'proposed' })
  const second = console(await createStaff({ role: 'finance' }))
  await second.get(`/console/approvals/${id}`)
  await second.submit(`/console/approvals/${id}/approve`, { hash: contentHash })
  await settle()
}

const finance = async () => console(await createStaff({ role: 'finance' }))

test.group('The treasury at the console', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  test('a movement is booked once, and its reference stands for nothing else', async ({
    assert,
  }) => {
    const somebody = await finance()
    await somebody.get(HOME)
    const done = await somebody.submit(`${HOME}/movements`, TOP_UP, HOME)
    assert.include(textOf(done), 'tu_1 is booked.')
    const again = await somebody.submit(`${HOME}/movements`, TOP_UP, HOME)
    assert.include(textOf(again), 'tu_1 was booked before; nothing moved.')
    const other = await somebody.submit(`${HOME}/movements`, { ...TOP_UP, amount: '501.00' }, HOME)
    assert.include(textOf(other), 'booked on stripe already, as top up of 500.00 USD')
    assert.equal(await held(accounts.clearing('stripe')), '500.00')
    assert.equal(await held(accounts.bank()), '-500.00')
    const page = textOf(await somebody.get(HOME))
    assert.include(page, 'Stripe 500.00 USD')
    assert.include(page, 'Bank -500.00 USD')
    const [{ n }] = await db.from('audit_log').where('action', 'treasury.recorded').count('* AS n')
    assert.equal(Number(n), 1)
    assert.deepEqual(await breaks(), [])
  })

  test('an amount is typed as the console writes it, and a form that is refused keeps all that was chosen', async ({
    assert,
  }) => {
    const somebody = await finance()
    await somebody.get(HOME)
    const form = { ...TOP_UP, _form: `${HOME}/movements`, kind: 'withdrawal' }
    const refused = await somebody.submit(`${HOME}/movements`, { ...form, amount: '1,50' }, HOME)
    assert.include(textOf(refused), 'Write an amount such as 1250.00 or 1,250.00')
    for (const [name, chosen] of [
      ['kind', 'withdrawal'],
      ['rail', 'stripe'],
    ]) {
      const select = new RegExp(`<select[^>]*name="${name}"[\\s\\S]*?</select>`).exec(
        refused.text
      )![0]
      assert.match(select, new RegExp(`value="${chosen}"[^>]*selected`), name)
    }
    const booked = { ...form, kind: 'top_up', amount: '1,500.00' }
    await somebody.submit(`${HOME}/movements`, booked, HOME)
    assert.equal(await held(accounts.clearing('stripe')), '1500.00')
  })

  test('a stuck refund is sent again once', async ({ assert }) => {
    const { client, id } = await stuckRefund()
    const somebody = await finance()
    const shown = await somebody.get(HOME)
    assert.include(shown.text, id)
    assert.include(textOf(shown), '300.00 USD')
    const path = `${HOME}/refunds/${id}/retry`
    await Promise.all([somebody.post(path, REASON, HOME), somebody.post(path, REASON, HOME)])
    await settle()
    assert.equal(await held(accounts.refundPayable(client.id)), '0.00')
    assert.include(textOf(await somebody.submit(path, REASON, HOME)), 'nothing of it is owed')
    assert.notInclude((await somebody.get(HOME)).text, path)
    assert.deepEqual(await breaks(), [])
  })

  test('a refund paid another way is booked by a second person', async ({ assert }) => {
    const { client, id } = await stuckRefund()
    const somebody = await finance()
    await somebody.get(HOME)
    const path = `${HOME}/refunds/${id}/pay-by-hand`
    const form = { reference: 'bank-1', ...REASON }
    const proposed = await somebody.submit(path, form, HOME)
    assert.include(textOf(proposed), 'Proposed.')
    // It is said to be paid: nothing offers to pay it once more.
    assert.include(textOf(proposed), 'Paid another way: waits for a second person')
    assert.notInclude(proposed.text, `${HOME}/refunds/${id}/retry`)
    assert.include(textOf(await somebody.submit(path, form, HOME)), 'is proposed already')
    const retried = await somebody.submit(`${HOME}/refunds/${id}/retry`, REASON, HOME)
    assert.include(textOf(retried), 'proposed this refund as paid from our bank')
    assert.equal(await held(accounts.refundPayable(client.id)), '300.00')
    await approveOnItsPage()
    assert.equal(await held(accounts.refundPayable(client.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a refund that somebody made at the provider is adopted by two', async ({ assert }) => {
    const { milestone } = await fundedMilestone()
    const [{ transaction_id: deposit, charge_id: chargeId }] = await db.from('deposits')
    const refund = await providerFor('stripe').refund({
      key: randomUUID(),
      // As good as none: it is no transaction of ours.
      transactionId: randomUUID(),
      chargeId,
      amount: Money.parse('400.00', 'USD'),
      reason: 'requested_by_customer',
    })
    await settle()
    const somebody = await finance()
    assert.include(textOf(await somebody.get(HOME)), '400.00 USD')
    const path = `${HOME}/deposits/${deposit}/adopt`
    const form = { rail: 'stripe', refund_id: refund.id, milestone: milestone.id, ...REASON }
    const wrong = await somebody.submit(path, { ...form, refund_id: 're_none' }, HOME)
    assert.include(textOf(wrong), 'The provider does not show it')
    assert.include(textOf(await somebody.submit(path, form, HOME)), 'Proposed.')
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    await approveOnItsPage()
    assert.equal(await held(accounts.escrow(milestone.id)), '600.00')
    assert.notInclude((await somebody.get(HOME)).text, path)
    assert.deepEqual(await breaks(), [])
  })

  test('what is owed for a chargeback is clawed back once, and the rest written off by two', async ({
    assert,
  }) => {
    const found = await aDebt()
    const somebody = await finance()
    await somebody.get(HOME)
    const take = { amount: '100.00', owed: '900.00', ...REASON }
    await somebody.submit(`${found.path}/claw-back`, take, HOME)
    await settle()
    assert.equal(await debtOf(found), '800.00')
    const again = await somebody.submit(`${found.path}/claw-back`, take, HOME)
    assert.include(textOf(again), '800.00 USD is owed by now')
    assert.equal(await debtOf(found), '800.00')
    const rest = { amount: '800.00', owed: '800.00', ...REASON }
    await somebody.submit(`${found.path}/write-off`, rest, HOME)
    assert.equal(await debtOf(found), '800.00')
    await approveOnItsPage()
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a claw-back that its rail refuses is told as refused', async ({ assert }) => {
    const found = await aDebt()
    sandbox.payAutomatically(sandbox.accounts[0].id)
    await settle()
    const somebody = await finance()
    await somebody.get(HOME)
    const take = { amount: '100.00', owed: '900.00', ...REASON }
    const { text } = await somebody.submit(`${found.path}/claw-back`, take, HOME)
    const [, told] = /<p class="notice bad"[^>]*>([^<]*)</.exec(text)!
    assert.match(told, /^Claw-back \S+ was refused: .*insufficient funds.*[^.]\.$/)
    assert.notInclude(text, 'notice good')
    assert.equal(await debtOf(found), '900.00')
  })

  test('the position of a rail leads to the entries that it is made of', async ({ assert }) => {
    const { client } = await stuckRefund()
    const somebody = await finance()
    await somebody.get(HOME)
    const form = { debit: 'clearing:stripe', credit: 'suspense', amount: '12.34', currency: 'USD' }
    const [, id] = /name="form_id" value="([^"]+)"/.exec((await somebody.get(HOME)).text)!
    await somebody.submit(`${HOME}/corrections`, { ...form, form_id: id, ...REASON }, HOME)
    await approveOnItsPage()
    const links = linksOf(await somebody.get(HOME))
    const entryOf = async (kind: string) =>
      `/console/ledger/entries/${(await db.from('journal_entries').where('kind', kind).firstOrFail()).id}`
    for (const [account, entry] of [
      ['clearing:stripe', await entryOf('deposit_captured')],
      ['suspense', await entryOf('correction')],
      [`refund_payable:${client.id}`, await entryOf('refund_failed')],
    ]) {
      const page = `/console/ledger/accounts/${encodeURIComponent(account)}/USD`
      assert.include(links, page)
      assert.include(linksOf(await somebody.get(page)), entry, account)
    }
    const kind = '/console/ledger/accounts?kind=refund_payable&currency=USD&balance=not_zero'
    assert.include(links, kind)
    assert.include((await somebody.get(kind)).text, '300.00')
  })

  test('each of its lists goes on by itself', async ({ assert }) => {
    const { client, id } = await stuckRefund()
    const again = await fundedMilestone({ client })
    const body = { milestone_id: again.milestone.id, amount: '20.00', reason: 'Not needed.' }
    await pay(client, 'payments/refund', body)
    await settle()
    sandbox.failRefund(sandbox.refunds.at(-1)!.id)
    await settle()
    const [first, second, ...more] = await pageOfOwedRefunds(10)
    assert.isEmpty(more)
    assert.equal(first.refund.id, id)
    const alone = (page: Awaited<ReturnType<typeof pageOfOwedRefunds>>) =>
      page.map(({ refund }) => refund.id)
    assert.deepEqual(alone(await pageOfOwedRefunds(1)), [id])
    assert.deepEqual(alone(await pageOfOwedRefunds(1, id)), [second.refund.id])
    assert.isEmpty(await pageOfOwedRefunds(1, second.refund.id))
    // 60 deposits of which something went back past us: a page has fifty of them.
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.rawQuery(
        `WITH made AS (
           INSERT INTO transactions (escrow_account_id, user_id, transaction_type, payment_provider, rail,
               status, amount, currency)
             SELECT t.escrow_account_id, t.user_id, 'deposit', 'stripe', 'stripe', 'completed', 100, 'USD'
               FROM transactions t, generate_series(1, 60) WHERE t.id = ? RETURNING id)
         INSERT INTO deposits (transaction_id, method, state, expires_at, refunded_elsewhere)
           SELECT id, 'checkout', 'applied', now(), 100 FROM made`,
        [first.refund.depositId!]
      )
    })
    const somebody = await finance()
    const seen = new Set<string>()
    let path: string | undefined = HOME
    for (let pages = 0; path; pages++) {
      assert.isBelow(pages, 3)
      const { text } = await somebody.get(path)
      assert.include(text, `${HOME}/refunds/${id}/retry`)
      for (const [, deposit] of text.matchAll(/deposits\/([0-9a-f-]{36})\/adopt"/g))
        seen.add(deposit)
      path = /href="([^"]*elsewhere=[^"#]*)#elsewhere"/.exec(text)?.[1].replaceAll('&amp;', '&')
    }
    assert.equal(seen.size, 60)
    assert.equal((await somebody.get(`${HOME}?debts=nonsense`)).status, 422)
  })

  test('debts are read freelancer by freelancer', async ({ assert }) => {
    const cases = [await releasedProject(), await releasedProject()]
    for (const [charge] of cases.entries()) await decided(await disputed({}, charge), 'lost')
    const all = await openDebts(db)
    assert.sameMembers(
      all.map(({ userId }) => userId),
      cases.map(({ freelancer }) => freelancer.id)
    )
    const [first] = await pageOfDebts(db, 1)
    const [second, ...more] = await pageOfDebts(db, 1, first.accountId)
    assert.isEmpty(more)
    assert.deepEqual([first, second], all)
    assert.isEmpty(await pageOfDebts(db, 1, second.accountId))
  })

  test('an entry without a break is proposed once for each form', async ({ assert }) => {
    const somebody = await finance()
    const shown = await somebody.get(HOME)
    const form = {
      form_id: /name="form_id" value="([^"]+)"/.exec(shown.text)![1],
      debit: 'provider_fee',
      credit: 'suspense',
      amount: '12.34',
      currency: 'USD',
      ...REASON,
    }
    await somebody.submit(`${HOME}/corrections`, form, HOME)
    await approveOnItsPage()
    assert.equal(await held(accounts.providerFee()), '12.34')
    const again = await somebody.submit(`${HOME}/corrections`, form, HOME)
    assert.include(textOf(again), 'This form was sent already')
    assert.lengthOf(await Approval.all(), 1)
  })

  test('who looks after people may look, and touch nothing', async ({ assert }) => {
    const { id } = await stuckRefund()
    const support = console(await createStaff({ role: 'support' }))
    const shown = await support.get(HOME)
    assert.equal(shown.status, 200)
    assert.notInclude(shown.text, '/retry')
    for (const path of [
      'movements',
      'corrections',
      `refunds/${id}/retry`,
      `refunds/${id}/pay-by-hand`,
    ]) {
      assert.equal((await support.post(`${HOME}/${path}`, TOP_UP)).status, 403, path)
    }
  })

  for (const width of [1280, 375]) {
    test(`axe finds nothing at ${width} pixels`, async ({ assert }) => {
      await stuckRefund()
      await aDebt()
      const { page } = await browser.open(undefined, { width })
      const staff = await createStaff({ role: 'finance' })
      await page.context().addCookies(await staffCookies(staff))
      await page.goto(HOME)
      for (const summary of await page.locator('details.action > summary').all())
        await summary.click()
      assert.deepEqual(await axeViolations(page), [])
      assert.equal(await sideways(page), 0)
      assert.include(await page.content(), 'Refunds that no rail could carry')
    })
  }
})
