import { test } from '@japa/runner'
import { listChargebacks } from '#console/chargebacks_page'
import db from '@adonisjs/lucid/services/db'
import { STAFF_ROLES } from '#models/staff'
import { expectData } from '#tests/support/api'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { manyProjects, queriesOf } from '#tests/support/many_projects'
import {
  aDeposit,
  activeProject,
  fundedMilestone,
  pay,
  submittedMilestone,
} from '#tests/support/projects'
import { impatient, RAILS_UNDER_TEST } from '#tests/support/rails'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { aClient, aFreelancer } from '#tests/support/users'
import { linksOf, someMoney, textOf } from './pages.js'

const ofType = (type: string) =>
  db.from('transactions').where('transaction_type', type).orderBy('id').firstOrFail()

test.group('Transactions at the console', (group) => {
  group.each.setup(() => resetAll())

  test('a list has what its filters say, and pages by keyset', async ({ assert }) => {
    const { client, freelancer } = await someMoney()
    const browser = console(await createStaff({ role: 'support' }))
    const ids = async (query: string) => {
      const links = linksOf(await browser.get(`/console/transactions?${query}`))
      const found = links.flatMap(
        (href) => /^\/console\/transactions\/([0-9a-f-]{36})$/.exec(href)?.[1] ?? []
      )
      return [...new Set(found)]
    }
    const [deposit, release, fee, payout] = await Promise.all(
      ['deposit', 'release', 'fee', 'payout'].map(ofType)
    )
    assert.sameMembers(await ids(''), [deposit.id, release.id, fee.id, payout.id])
    assert.deepEqual(await ids('type=payout'), [payout.id])
    assert.deepEqual(await ids('least=1000.01&most=1250.50'), [deposit.id])
    assert.deepEqual(await ids('type=release&least=1,000.00&most=1000&currency=usd'), [release.id])
    assert.isEmpty(await ids('currency=EUR'))
    assert.isEmpty(await ids('status=failed'))
    assert.isEmpty(await ids('rail=paypal'))
    assert.lengthOf(await ids('provider=stripe&status=completed'), 4)
    assert.deepEqual(await ids(`user=${client.email.toUpperCase()}`), [deposit.id])
    assert.sameMembers(await ids(`user=${freelancer.id}&type=payout`), [payout.id])
    const today = new Date().toISOString().slice(0, 10)
    assert.lengthOf(await ids(`from=${today}&to=${today}`), 4)
    assert.isEmpty(await ids('to=2020-01-01'))

    await manyProjects({ client: await aClient(), freelancer: await aFreelancer() }, 60)
    const first = await browser.get('/console/transactions?type=deposit')
    const next = linksOf(first).find((href) => href.includes('after='))!
    const all = [...(await ids('type=deposit')), ...(await ids(next.split('?')[1]))]
    assert.lengthOf(all, 61)
    assert.lengthOf(new Set(all), 61)
  })

  test('a page of one has our row, its attempts, its entries and what hangs on it', async ({
    assert,
  }) => {
    const { client, project, milestones } = await someMoney()
    const browser = console(await createStaff())
    const deposit = await ofType('deposit')
    const page = await browser.get(`/console/transactions/${deposit.id}`)
    const text = textOf(page)
    assert.include(text, 'Deposit of 1,250.50 USD')
    assert.include(text, `safesend:${deposit.id}:create:1`)
    assert.include(text, `deposit:${deposit.id}`)
    const links = linksOf(page)
    for (const href of [
      `/console/users/${client.id}`,
      `/console/projects/${project.id}`,
      `/console/milestones/${milestones[1].id}`,
      `/console/transactions/${(await ofType('payout')).id}`,
      `/console/transactions/${deposit.id}/provider`,
    ]) {
      assert.include(links, href)
    }
    assert.isTrue(links.some((href) => href.startsWith('/console/ledger/entries/')))
    assert.isTrue(links.some((href) => href.startsWith('/console/webhooks/')))
    const fee = await browser.get(`/console/transactions/${(await ofType('fee')).id}`)
    assert.include(textOf(fee), 'No provider hears of this')
    assert.include(textOf(fee), 'To the freelancer 900.00 USD')
  })

  for (const { provider } of RAILS_UNDER_TEST) {
    test(`the record of ${provider} is shown as it is, without secrets`, async ({ assert }) => {
      await someMoney({ provider, payoutProvider: provider })
      const browser = console(await createStaff())
      for (const type of ['deposit', 'payout']) {
        const row = await ofType(type)
        const page = await browser.get(`/console/transactions/${row.id}/provider`)
        assert.equal(page.status, 200)
        assert.include(textOf(page), row.provider_transaction_id)
        assert.match(page.text, /class="raw"/, type)
        assert.notMatch(page.text, /_secret_[A-Za-z0-9]/)
        assert.include(page.text, '<turbo-frame id="provider-record">')
      }
    })
  }

  test('what both sides say of a transaction is compared in words', async ({ assert }) => {
    const { client, milestones } = await someMoney()
    const body = { milestone_id: milestones[1].id, amount: '50.00', reason: 'Not needed.' }
    expectData(await pay(client, 'payments/refund', body), 201)
    await settle()
    const browser = console(await createStaff())
    const compared = async (type: string) => {
      const { id } = await ofType(type)
      return textOf(await browser.get(`/console/transactions/${id}/provider`))
    }
    for (const type of ['deposit', 'payout', 'refund']) {
      const said = await compared(type)
      assert.include(said, 'We and Stripe say the same: amount, currency and state.', type)
    }
    assert.include(await compared('refund'), 'Amount 50.00 50.00 the same')
    sandbox.failRefund(sandbox.refunds.at(-1)!.id)
    const differs = await compared('refund')
    assert.include(differs, 'We and Stripe differ: state.')
    assert.include(differs, 'State Completed Failed differs')
  })

  test('a provider that does not answer is said so, and nothing is known from it', async ({
    assert,
    cleanup,
  }) => {
    cleanup(impatient())
    await someMoney()
    const { id } = await ofType('deposit')
    sandbox.failNext('GET /v1/payment_intents/{intent}', { at: 'before', with: 'timeout' })
    const browser = console(await createStaff())
    const page = await browser.get(`/console/transactions/${id}/provider`)
    assert.equal(page.status, 200)
    assert.include(textOf(page), 'It gave no answer')
    assert.include(textOf(page), 'Nothing is known from that')
  })

  test('an open deposit shows that it may still be paid, and no client secret', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    const browser = console(await createStaff())
    assert.include(textOf(await browser.get(`/console/transactions/${deposit.id}`)), 'State Live')
    const { text } = await browser.get(`/console/transactions/${deposit.id}/provider`)
    assert.include(text, '[redacted]')
    assert.notInclude(text, deposit.client_action.client_secret)
  })

  test('a chargeback is shown with its deposit; finance sends the evidence, and the audit log says who', async ({
    assert,
  }) => {
    await submittedMilestone()
    const deposit = await ofType('deposit')
    const { charge_id: charge } = await db.from('deposits').firstOrFail()
    sandbox.openDispute(charge)
    await settle()
    const chargeback = await db.from('chargebacks').firstOrFail()
    const finance = await createStaff({ role: 'finance' })
    const browser = console(finance)
    const at = `/console/chargebacks/${chargeback.id}`
    assert.equal(
      (await browser.get(at)).location,
      `/console/transactions/${deposit.id}#chargeback-${chargeback.id}`
    )
    const waiting = await browser.get('/console/chargebacks?show=wants_evidence')
    assert.include(linksOf(waiting), at)
    assert.include(textOf(waiting), '1,000.00 USD')
    assert.include(
      textOf(await browser.get('/console/chargebacks?show=over')),
      'No chargeback fits'
    )
    assert.include(
      textOf(await browser.get('/console/chargebacks?rail=paypal')),
      'No chargeback fits'
    )
    const page = await browser.get(`/console/transactions/${deposit.id}`)
    assert.include(textOf(page), 'Chargeback of 1,000.00 USD')
    assert.include(
      linksOf(page),
      `/console/ledger/accounts/chargeback_receivable%3A${chargeback.id}/USD`
    )

    const support = console(await createStaff({ role: 'support' }))
    assert.equal((await support.post(`${at}/evidence`, { reason: 'I want to.' })).status, 403)
    assert.notInclude(
      (await support.get(`/console/transactions/${deposit.id}`)).text,
      `${at}/evidence`
    )

    const done = await browser.submit(`${at}/evidence`, { reason: 'It was delivered.' })
    assert.include(textOf(done), 'Our evidence is with the provider')
    const line = await db
      .from('audit_log')
      .where('action', 'chargeback.evidence_sent')
      .firstOrFail()
    assert.equal(line.actor_id, finance.id)
    const again = await browser.submit(`${at}/evidence`, { reason: 'Once more.' })
    assert.equal(again.status, 200)
    assert.lengthOf(await db.from('audit_log').where('action', 'chargeback.evidence_sent'), 1)
  })

  test('a deposit that is called disputed without a dispute is let go once, with a reason', async ({
    assert,
  }) => {
    await fundedMilestone()
    const { id } = await ofType('deposit')
    await db.from('deposits').where('transaction_id', id).update({ charge_disputed_at: new Date() })
    const browser = console(await createStaff({ role: 'finance' }))
    const page = await browser.get(`/console/transactions/${id}`)
    assert.include(textOf(page), 'lists no dispute')
    const path = `/console/transactions/${id}/clear-dispute`
    const without = await browser.submit(path, { reason: '' })
    assert.isNull((await db.from('deposits').firstOrFail()).dispute_cleared_at)
    assert.notInclude(textOf(without), 'It is let go')
    const done = await browser.submit(path, { reason: 'A reversal that was cancelled.' })
    assert.include(textOf(done), 'It is let go')
    const twice = await browser.submit(path, { reason: 'Again.' })
    assert.include(textOf(twice), 'Nothing is to be cleared')
    assert.lengthOf(await db.from('audit_log').where('action', 'chargeback.cleared'), 1)
  })

  test('every role reads, strangers do not, and rubbish is no error of ours', async ({
    assert,
  }) => {
    await someMoney()
    const { id } = await ofType('deposit')
    for (const role of STAFF_ROLES) {
      const browser = console(await createStaff({ role }))
      for (const path of ['', `/${id}`, `/${id}/provider`]) {
        assert.equal((await browser.get(`/console/transactions${path}`)).status, 200)
      }
    }
    assert.match((await console().get(`/console/transactions/${id}`)).location!, /sign-in/)
    const browser = console(await createStaff())
    for (const value of ['%00', "'", '1e9', '-1', '9'.repeat(40), '<script>', '%ED%A0%80']) {
      for (const name of ['type', 'least', 'from', 'user', 'after', 'currency']) {
        const { status } = await browser.get(`/console/transactions?${name}=${value}`)
        assert.include([200, 422], status, `${name}=${value}`)
      }
      assert.include([400, 404], (await browser.get(`/console/transactions/${value}`)).status)
      assert.include(
        [400, 404],
        (await browser.get(`/console/transactions/${value}/provider`)).status
      )
    }
  })

  test('what people wrote is shown as text', async ({ assert }) => {
    const { project, client } = await someMoney()
    const evil = '<script>alert(1)</script>'
    await db.from('projects').where('id', project.id).update({ title: evil })
    await db.from('milestones').update({ title: evil })
    await db.from('users').where('id', client.id).update({ first_name: evil })
    const browser = console(await createStaff())
    const { id } = await ofType('deposit')
    for (const path of ['', `/${id}`]) {
      const { text } = await browser.get(`/console/transactions${path}`)
      assert.notInclude(text, evil)
      assert.include(text, '&lt;script&gt;alert(1)')
    }
  })

  test('the list asks no more of the database with 50 rows than with 5', async ({ assert }) => {
    const people = async () => ({ client: await aClient(), freelancer: await aFreelancer() })
    const browser = console(await createStaff())
    await manyProjects(await people(), 5)
    await browser.get('/console/transactions')
    const few = await queriesOf(() => browser.get('/console/transactions'))
    await manyProjects(await people(), 45)
    const many = await queriesOf(() => browser.get('/console/transactions'))
    assert.equal(many.length, few.length)
  })
})

test.group('Transactions in a browser', (group) => {
  group.each.setup(() => resetAll())
  const browsers = useBrowser(group)

  test('the record of the provider opens beside ours, on the same page', async ({ assert }) => {
    await someMoney()
    const { id } = await ofType('deposit')
    const { page, complaints } = await browsers.open()
    await page.context().addCookies(await staffCookies(await createStaff()))
    await page.goto(`/console/transactions/${id}`)
    await page.getByRole('link', { name: 'Ask Stripe' }).click()
    await page.getByText('We and Stripe say the same').waitFor()
    assert.equal(new URL(page.url()).pathname, `/console/transactions/${id}`)
    const [ours, theirs] = await page.locator('#provider-record section').all()
    const [left, right] = [(await ours.boundingBox())!, (await theirs.boundingBox())!]
    assert.equal(left.y, right.y)
    assert.isAbove(right.x, left.x + left.width - 1)
    assert.equal(await sideways(page), 0)
    assert.deepEqual(await axeViolations(page), [])
    assert.deepEqual(
      complaints.filter((each) => !each.includes('/console/live/')),
      []
    )
  })
})

test.group('Chargebacks at the console', (group) => {
  group.each.setup(() => resetAll())

  test('are paged by what is due, each once, and asked for by one query', async ({ assert }) => {
    await submittedMilestone()
    const deposit = await ofType('deposit')
    // Several at the same moment, and some without a deadline.
    await db.rawQuery(
      `INSERT INTO chargebacks (rail, provider_dispute_id, deposit_id, amount, currency, state, provider_status,
           evidence_due_by, opened_at, observed_at)
         SELECT 'stripe', 'dp_' || n, ?, 100 + n, 'USD', 'needs_response', 'needs_response',
                CASE WHEN n % 4 > 0 THEN now() + make_interval(days => n % 4) END, now(), now()
           FROM generate_series(1, 120) n`,
      [deposit.id]
    )
    const browser = console(await createStaff({ role: 'support' }))
    const seen: string[] = []
    let path: string | undefined = '/console/chargebacks'
    while (path) {
      const page = await browser.get(path)
      assert.equal(page.status, 200)
      seen.push(
        ...[...page.text.matchAll(/class="id" href="\/console\/chargebacks\/([^"]+)"/g)].map(
          ([, id]) => id
        )
      )
      path = /<a[^>]* href="([^"]+)"[^>]* data-next|data-next[^>]* href="([^"]+)"/
        .exec(page.text)
        ?.slice(1)
        .find(Boolean)
        ?.replaceAll('&amp;', '&')
    }
    assert.lengthOf(seen, 120)
    assert.equal(new Set(seen).size, 120)
    assert.lengthOf(await queriesOf(() => listChargebacks({})), 1)
    assert.equal((await browser.get('/console/chargebacks?after=bm8')).status, 422)
  })
})
