import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { proposeCorrectingEntry, type Correction } from '#escrow/correcting_entry'
import { money } from '#console/formats'
import { readDashboard } from '#console/dashboard_page'
import { inTransaction } from '#database/transaction'
import { escrowTotalsOfProject } from '#ledger/balances'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { STAFF_ROLES } from '#models/staff'
import { bookFloat, reconcile } from '#tests/functional/reconcile/helpers'
import { answer, openDispute } from '#tests/functional/disputes/parties'
import { disputeOf, settleFor } from '#tests/functional/disputes/settling'
import { chargebacks, disputed } from '#tests/functional/payments/chargebacks'
import { api, expectData } from '#tests/support/api'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { held } from '#tests/support/ledger'
import { manyProjects, queriesOf } from '#tests/support/many_projects'
import { fundedProject, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { aClient, aFreelancer } from '#tests/support/users'
import { linksOf, someMoney, textOf } from './pages.js'

const today = () => new Date().toISOString().slice(0, 10)
const home = async (role: (typeof STAFF_ROLES)[number] = 'support') =>
  console(await createStaff({ role })).get('/console')

/** Whether anything is on a canvas; what draws it is loaded after the page. */
const isDrawn = (canvas: any): boolean =>
  canvas
    .getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height)
    .data.some((value: number) => value !== 0)

/** Paid in: three milestones. One is released, one refunded, and the third divided after a dispute. */
async function allDoors() {
  const found = await someMoney({ amounts: ['1000.00', '250.50', '400.00'] })
  const refund = { milestone_id: found.milestones[1].id, reason: 'Not needed any more.' }
  expectData(await pay(found.client, 'payments/refund', refund), 201)
  await settleFor(await disputeOf(found, 2), '100.00')
  await settle()
  return found
}

test.group('Dashboard of the console', (group) => {
  group.each.setup(() => resetAll())

  test('an empty installation is told how to begin, and shows no figure that is not there', async ({
    assert,
  }) => {
    const page = await home()
    assert.equal(page.status, 200)
    const text = textOf(page)
    assert.include(text, 'No money has moved yet.')
    assert.include(text, 'Nothing waits for a decision.')
    assert.include(text, 'No rail has a balance yet.')
    assert.include(text, 'Nothing was paid in, released or refunded in the last 30 days.')
    assert.notMatch(text, /\d (USD|EUR)/)
    assert.notInclude(page.text, '<canvas')
  })

  test('what is held and on its way is what the ledger says, and each figure leads to it', async ({
    assert,
  }) => {
    const { milestones, client } = await fundedProject({ amounts: ['1000.00', '250.50'] })
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[0].id }), 201)
    await settle()
    const page = await home()
    const text = textOf(page)
    assert.equal(await held(`escrow:${milestones[1].id}`), '250.50')
    assert.include(text, 'Held 250.50 USD')
    assert.include(text, 'Payouts in transit 0.00 USD')
    const list = '/console/ledger/accounts?kind=escrow&currency=USD&balance=not_zero'
    assert.include(linksOf(page), list)
    const browser = console(await createStaff())
    assert.include(textOf(await browser.get(list)), '250.50 USD')
  })

  test('money is in transit until the provider has confirmed it', async ({ assert }) => {
    const { client, milestones } = await fundedProject({ amounts: ['80.00', '20.00'] })
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[0].id }), 201)
    const before = textOf(await home())
    assert.include(before, 'Payable 72.00 USD')
    await settle()
    const after = textOf(await home())
    assert.include(after, 'Payable 0.00 USD')
    assert.include(after, 'Held 20.00 USD')
  })

  test('deposits, releases and refunds of a day are the totals of the projects', async ({
    assert,
  }) => {
    const { project } = await allDoors()
    const totals = await escrowTotalsOfProject(db, project.id)
    const { charts } = await readDashboard()
    assert.lengthOf(charts, 1)
    const [chart] = charts
    assert.equal(chart.totals.deposits.amount, totals.totalDeposited.minor)
    assert.equal(chart.totals.releases.amount, totals.totalReleased.minor)
    assert.equal(chart.totals.refunds.amount, totals.totalRefunded.minor)
    assert.equal(chart.totals.refunds.amount, 55_050n)
    assert.equal(chart.totals.releases.amount, 110_000n)

    const { labels, series } = JSON.parse(chart.data)
    assert.lengthOf(labels, 30)
    assert.equal(labels.at(-1), today().slice(5))
    assert.deepEqual(
      series.map(({ label, values }: any) => [label, values.at(-1), values[0]]),
      [
        ['Deposits', 1650.5, 0],
        ['Releases', 1100, 0],
        ['Refunds', 550.5, 0],
      ]
    )
    const page = await home()
    assert.include(textOf(page), `${today()} 1,650.50 USD 1,100.00 USD 550.50 USD`)
    const journal = `/console/ledger/entries?from=${today()}&to=${today()}&currency=USD`
    assert.include(linksOf(page), `${journal}&kind=deposit_captured`)
    assert.include(linksOf(page), journal)
    const entries = textOf(await console(await createStaff()).get(journal))
    for (const kind of ['Release', 'Resolution', 'Refund started']) assert.include(entries, kind)
  })

  test('what was reversed counts no more', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedProject({ amounts: ['80.00'] })
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    const released = async () => (await readDashboard()).charts[0].totals.releases.amount
    assert.equal(await released(), 8000n)
    const { reference } = await db.from('journal_entries').where('kind', 'release').firstOrFail()
    const usd = (amount: string) => Money.parse(amount, 'USD')
    await inTransaction((trx) =>
      postEntries(trx, [
        {
          reference: `reversal:${reference}`,
          kind: 'reversal',
          reverses: reference,
          postings: [
            credit(accounts.escrow(milestone.id), usd('80.00')),
            debit(accounts.payable(freelancer.id), usd('72.00')),
            debit(accounts.platformFee(), usd('8.00')),
          ],
        },
      ])
    )
    assert.equal(await released(), 0n)
  })

  test('what is older than 30 days is left out', async ({ assert }) => {
    await someMoney()
    await db.rawQuery('ALTER TABLE journal_entries DISABLE TRIGGER USER')
    await db
      .from('journal_entries')
      .where('kind', 'release')
      .update({ event_at: db.raw(`now() - interval '31 days'`) })
    await db.rawQuery('ALTER TABLE journal_entries ENABLE TRIGGER USER')
    const [chart] = (await readDashboard()).charts
    assert.equal(chart.totals.deposits.amount, 125_050n)
    assert.equal(chart.totals.releases.amount, 0n)
  })

  test('a rail is shown as the last comparison found it, and as our books are now', async ({
    assert,
  }) => {
    await bookFloat()
    const before = textOf(await home())
    assert.include(before, 'Stripe 100,000.00 USD 0.00 USD Not compared yet.')
    sandbox.topUp(10_001)
    const { run, breaks } = await reconcile()
    const page = await home()
    assert.match(
      textOf(page),
      /Stripe 100,000\.00 USD 0\.00 USD 100,100\.01 USD 100,000\.00 USD 0\.00 USD 100\.01 USD/
    )
    const { provider, clearing, inFlight, unexplained } = (await readDashboard()).positions[0].run!
    assert.equal(provider - clearing, inFlight + unexplained)
    assert.include(textOf(page), `Open breaks ${breaks.length}`)
    const links = linksOf(page)
    assert.include(links, `/console/reconciliation/${run.id}`)
    assert.include(links, '/console/reconciliation/breaks?rail=stripe')
    assert.include(links, '/console/ledger/accounts/clearing%3Astripe/USD')
  })

  test('what waits for somebody is listed by when it is due, each with its page', async ({
    assert,
  }) => {
    await bookFloat()
    const found = await fundedProject({ amounts: ['1000.00', '250.50'] })
    await disputed()
    const [chargeback] = await chargebacks()
    const other = await fundedProject({ amounts: ['30.00', '20.00'] })
    const dispute = await openDispute(other.client, other.milestone)
    // One that the parties still talk about waits for them.
    await openDispute(other.client, other.milestones[1])
    await answer(other.freelancer, dispute)
    expectData(await api(other.client).post(`disputes/${dispute.id}/escalate`))
    await db
      .from('deposits')
      .whereIn(
        'transaction_id',
        db
          .from('deposit_allocations')
          .where('milestone_id', found.milestone.id)
          .select('transaction_id')
      )
      .update({ refundable_until: db.raw(`now() + interval '20 days'`) })
    sandbox.topUp(10_001)
    await reconcile()
    const finance = await createStaff({ role: 'finance' })
    const correction: Correction = {
      currency: 'USD',
      postings: [
        { account: 'clearing:stripe', direction: 'debit', amount: '10001' },
        { account: 'suspense', direction: 'credit', amount: '10001' },
      ],
    }
    const approval = await proposeCorrectingEntry(correction, {
      by: finance.id,
      reason: 'Nobody knows.',
    })
    const page = await home()
    const { due, counts } = await readDashboard()
    assert.deepEqual(counts, { approvals: 1, disputes: 1, chargebacks: 1, holds: 2 })
    assert.deepEqual(
      due.map(({ kind }) => kind),
      ['dispute', 'approval', 'chargeback', 'hold', 'hold']
    )
    // Each says what it is about. A correcting entry belongs to no project.
    const [about] = await db
      .from('chargebacks AS c')
      .joinRaw('JOIN transactions t ON t.id = c.deposit_id')
      .joinRaw('JOIN escrow_accounts e ON e.id = t.escrow_account_id')
      .joinRaw('JOIN projects p ON p.id = e.project_id')
      .select('p.title')
    const hold = (milestone: { title: string }) => [milestone.title, found.project.title]
    assert.sameDeepMembers(
      due.map(({ milestone, project }) => [milestone, project]),
      [
        [null, null],
        [other.milestone.title, other.project.title],
        [null, about.title],
        ...found.milestones.map(hold),
      ]
    )
    for (const { milestone } of due) if (milestone) assert.include(textOf(page), milestone)
    const links = linksOf(page)
    for (const href of [
      `/console/approvals/${approval.id}`,
      `/console/disputes/${dispute.id}`,
      `/console/chargebacks/${chargeback.id}`,
      `/console/milestones/${found.milestones[0].id}`,
    ]) {
      assert.include(links, href)
    }
    assert.include(textOf(page), money(3000n, 'USD'))
  })

  test('a queue or an inbox that does not keep up shows, with the one that waits longest', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedProject()
    const quiet = textOf(await home())
    assert.include(quiet, 'Oldest waiting job none')
    assert.include(quiet, 'Oldest unhandled event none')
    assert.include(quiet, 'Oldest unknown outcome none')
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    const event = await db.from('inbox_events').firstOrFail()
    await db
      .from('inbox_events')
      .where('id', event.id)
      .update({ status: 'failed', received_at: db.raw(`now() - interval '3 days'`) })
    await db
      .from('transactions')
      .where('transaction_type', 'payout')
      .update({ sent_at: db.raw(`now() - interval '2 hours'`) })
    const page = await home()
    const text = textOf(page)
    assert.match(text, /Oldest waiting job (now|\d+ seconds? ago) \d+ waiting, 0 to retry/)
    assert.include(text, 'Oldest unhandled event 3 days ago 1 unhandled, 1 failing')
    assert.include(text, 'Oldest unknown outcome 2 hours ago 1 sent without an answer')
    const payout = await db.from('payouts').firstOrFail()
    assert.include(linksOf(page), `/console/transactions/${payout.transaction_id}`)
    assert.include(linksOf(page), '/console/webhooks?status=failed')
  })

  test('every role reads it; who is not signed in does not', async ({ assert }) => {
    await someMoney()
    for (const role of STAFF_ROLES) assert.equal((await home(role)).status, 200, role)
    assert.match((await console().get('/console')).location!, /sign-in/)
  })

  test('what users wrote is escaped', async ({ assert }) => {
    const evil = '"><script>alert(1)</script>'
    const { project, milestones } = await someMoney()
    await db.from('projects').where('id', project.id).update({ title: evil })
    await db.from('milestones').where('project_id', project.id).update({ title: evil })
    await db.rawQuery('UPDATE users SET first_name = ?', [evil])
    await db
      .from('deposits')
      .update({ state: 'applied', refundable_until: db.raw(`now() + interval '1 day'`) })
    const { text } = await home()
    assert.include(text, milestones[1].id)
    assert.include(text, '&lt;script&gt;alert(1)')
    assert.notInclude(text, '<script>alert')
    assert.match(text, /data-chart="\{&quot;labels&quot;/)
  })

  test('it asks no more of the database with many projects than with few', async ({ assert }) => {
    await allDoors()
    const browser = console(await createStaff())
    const count = async () => {
      await browser.get('/console')
      return (await queriesOf(() => browser.get('/console'))).length
    }
    const few = await count()
    await manyProjects({ client: await aClient(), freelancer: await aFreelancer() }, 60)
    await db
      .from('disputes')
      .where('status', 'negotiating')
      .update({ status: 'escalated', escalated_at: db.raw('now()'), escalated_reason: 'requested' })
    assert.equal(await count(), few)
    const { due, counts } = await readDashboard()
    assert.equal(counts.disputes, 60)
    assert.lengthOf(due, 5)
  })
})

test.group('Dashboard of the console, in a browser', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  const viewers = [1280, 375].flatMap((width) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme }))
  )

  const open = async (viewer: (typeof viewers)[number]) => {
    const opened = await browser.open(undefined, viewer)
    await opened.page.context().addCookies(await staffCookies(await createStaff()))
    await opened.page.goto('/console')
    return opened
  }

  test('everybody can use it, empty', async ({ assert }) => {
    for (const viewer of viewers) {
      const { page, complaints } = await open(viewer)
      assert.deepEqual(await axeViolations(page), [], JSON.stringify(viewer))
      assert.isAtMost(await sideways(page), 0, JSON.stringify(viewer))
      assert.deepEqual(complaints, [])
    }
  })

  test('everybody can use it, and the chart is drawn, with its figures in a table beside it', async ({
    assert,
  }) => {
    await bookFloat()
    await allDoors()
    const other = await fundedProject({ amounts: ['30.00'] })
    await openDispute(other.client, other.milestone)
    sandbox.topUp(10_001)
    await reconcile()
    for (const viewer of viewers) {
      const { page, complaints } = await open(viewer)
      const chart = page.getByRole('img', { name: /Deposits, releases and refunds in USD/ })
      while (!(await chart.evaluate(isDrawn))) await page.waitForTimeout(50)
      assert.isTrue(await chart.isVisible())
      await page.getByText('USD by day, as a table').click()
      assert.include(await page.locator('.days table').innerText(), '1,680.50 USD')
      assert.deepEqual(await axeViolations(page), [], JSON.stringify(viewer))
      assert.isAtMost(await sideways(page), 0, JSON.stringify(viewer))
      assert.deepEqual(complaints, [])
    }
  }).timeout(60_000)

  test('from the dashboard somebody gets to the entry behind a figure', async ({ assert }) => {
    await someMoney()
    const { page, complaints } = await open(viewers[0])
    await page.getByText('USD by day, as a table').click()
    await page.locator('.days tbody tr').nth(1).getByRole('link', { name: '1,000.00 USD' }).click()
    await page.waitForURL(/entries\?.*kind=release/)
    await page.getByRole('link', { name: /^release:/ }).click()
    await page.waitForURL(/\/console\/ledger\/entries\/\d+$/)
    assert.include(await page.locator('main').innerText(), '1,000.00 USD')
    assert.deepEqual(complaints, [])
  })
})
