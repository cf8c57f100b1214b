import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { approve } from '#approvals/approve'
import { expectData } from '#tests/support/api'
import { bookFloat, reconcile } from '#tests/functional/reconcile/helpers'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { queriesOf } from '#tests/support/many_projects'
import { pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff } from '#tests/support/staff'
import { member } from '#tests/support/two_people'
import { textOf } from './pages.js'

const REASON = { reason: 'Our bank moved it by mistake.' }
const HOME = '/console/reconciliation'
const BREAKS = `${HOME}/breaks`

async function aBreak() {
  sandbox.topUp(10_001)
  const { breaks: found } = await reconcile()
  return { id: found[0].id, path: `${BREAKS}/${found[0].id}` }
}

const audited = async () =>
  (await db.from('audit_log').where('actor_type', 'staff').orderBy('id')).map(
    ({ action }) => action
  )

test.group('Reconciliation at the console', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })

  test('a run is started once, and its page has its sums and what it found', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'finance' }))
    assert.include((await browser.get(HOME)).text, 'Never compared yet.')
    const started = await browser.submit(`${HOME}/run/stripe`, REASON)
    assert.include(started.text, 'stripe is compared now.')
    const twice = await browser.submit(`${HOME}/run/stripe`, REASON)
    assert.include(twice.text, 'A run of stripe waits for its turn already.')
    await drain()
    const runs = await db.from('reconciliation_runs').select('id')
    assert.lengthOf(runs, 1)
    assert.include((await browser.get(HOME)).text, 'Nothing stops its payouts.')
    const { path } = await aBreak()
    const [{ id }] = await db.from('reconciliation_runs').orderBy('id', 'desc').limit(1)
    const page = await browser.get(`${HOME}/${id}`)
    assert.include(page.text, '100.01 USD')
    assert.include(page.text, path)
    assert.include((await browser.get(HOME)).text, '1 of them stops its payouts.')
    assert.deepEqual(await audited(), ['reconciliation.started'])
    assert.equal((await browser.get(`${HOME}/nonsense`)).status, 404)
    assert.equal((await browser.post(`${HOME}/run/bank`, REASON)).status, 404)
  })

  test('a break that stops payouts is acknowledged, and they go on', async ({ assert }) => {
    const { id, path } = await aBreak()
    const { client, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    assert.lengthOf(sandbox.transfers, 0)
    const staff = await createStaff({ role: 'finance', name: 'Vera Stein' })
    const browser = console(staff)
    assert.include((await browser.get(`${BREAKS}?state=blocking`)).text, path)
    const page = await browser.get(path)
    assert.include(page.text, 'It stops the payouts of its rail')
    assert.include(page.text, 'It has nothing for it.')
    const done = await browser.submit(`${path}/acknowledge`, REASON, path)
    assert.include(done.text, 'Vera Stein')
    assert.include(done.text, REASON.reason)
    await settle()
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await audited(), ['break.acknowledged'])
    assert.notInclude((await browser.get(`${BREAKS}?state=blocking`)).text, path)
    assert.include((await browser.get(`${BREAKS}?state=acknowledged`)).text, path)
    assert.include((await browser.get(`${BREAKS}?rail=stripe`)).text, path)
    assert.notInclude((await browser.get(`${BREAKS}?rail=paypal`)).text, path)
    assert.equal((await db.from('reconciliation_acknowledgements').first()).break_id, id)
  })

  test('a movement that nobody can count in is shown as its provider writes it, and no entry is offered', async ({
    assert,
  }) => {
    sandbox.adjustBalance({ amount: 123_456, currency: 'kwd' })
    await reconcile()
    const { id } = await db.from('reconciliation_breaks').firstOrFail()
    const browser = console(await createStaff({ role: 'finance' }))
    assert.include((await browser.get(`${BREAKS}?kind=foreign_currency`)).text, '123.456 KWD')
    const page = await browser.get(`${BREAKS}/${id}`)
    assert.include(page.text, '123.456 KWD (provider less ledger)')
    assert.include(page.text, 'It stops the payouts of its rail')
    assert.include(page.text, 'No entry can be made in')
    assert.notInclude(page.text, 'Propose a correcting entry')
    assert.equal(
      (await browser.submit(`${BREAKS}/${id}/acknowledge`, REASON, `${BREAKS}/${id}`)).status,
      200
    )
    assert.include((await browser.get(`${BREAKS}?state=acknowledged`)).text, '123.456 KWD')
  })

  test('the entry that settles it is proposed, and posted by nobody alone', async ({ assert }) => {
    const { id, path } = await aBreak()
    const before = await db.from('journal_entries').count('* AS n')
    const browser = console(await createStaff({ role: 'finance' }))
    await browser.get(path)
    const form = { debit: 'clearing:stripe', credit: 'suspense', amount: '100.01', ...REASON }
    const wrong = await browser.submit(`${path}/correct`, { ...form, credit: form.debit }, path)
    assert.notInclude(wrong.text, 'Proposed.')
    const page = await browser.submit(`${path}/correct`, form, path)
    assert.include(page.text, 'Nothing is posted until somebody else approves it')
    const [approval] = await db.from('approvals')
    assert.deepInclude(approval, { subject_type: 'break', subject_id: id, status: 'proposed' })
    assert.equal(approval.amount, 10_001n)
    assert.include(page.text, `/console/approvals/${approval.id}`)
    assert.deepEqual(await db.from('journal_entries').count('* AS n'), before)
  })

  test('what is corrected is not corrected again, and its rail is compared as far back as it lies', async ({
    assert,
  }) => {
    await aBreak()
    const { rows } = await db.rawQuery(
      `INSERT INTO reconciliation_breaks (rail, kind, scope, fingerprint, subject, currency, difference, amount,
           details, happened_at, opened_by, last_seen_by)
       SELECT rail, kind, scope, fingerprint || 'x', subject || 'x', currency, difference, amount, details,
           happened_at - interval '20 days', opened_by, last_seen_by FROM reconciliation_breaks
       RETURNING id`
    )
    const path = `${BREAKS}/${rows[0].id}`
    const browser = console(await createStaff({ role: 'finance' }))
    const form = { debit: 'clearing:stripe', credit: 'suspense', amount: '100.01', ...REASON }
    await browser.get(path)
    await browser.submit(`${path}/correct`, form, path)
    const waiting = await db.from('approvals').firstOrFail()
    await approve(waiting.id, { by: (await member()).id, hash: waiting.content_hash })
    const page = await browser.get(path)
    assert.include(page.text, 'was approved and posted as')
    assert.notInclude(page.text, `${path}/correct`)
    const again = await browser.submit(`${path}/correct`, form, path)
    assert.include(again.text, 'is posted already')
    assert.lengthOf(await db.from('approvals'), 1)
    await drain()
    const found = await db.from('reconciliation_breaks').where('id', rows[0].id).firstOrFail()
    assert.isNotNull(found.resolved_at)
  })

  test('breaks that cancel each other out are still said to be open', async ({ assert }) => {
    sandbox.topUp(10_001)
    await reconcile()
    await db.rawQuery(
      `INSERT INTO reconciliation_breaks (rail, kind, scope, fingerprint, subject, currency, difference, amount,
           details, happened_at, opened_by, last_seen_by)
       SELECT rail, kind, scope, fingerprint || 'x', subject || 'x', currency, -difference, amount, details,
           happened_at, opened_by, last_seen_by FROM reconciliation_breaks`
    )
    const browser = console(await createStaff({ role: 'finance' }))
    for (const page of ['/console', '/console/treasury']) {
      const said = textOf(await browser.get(page))
      assert.include(said, '100.01 USD 200.02 USD in open breaks', page)
    }
  })

  test('who looks after people may look, and touch nothing', async ({ assert }) => {
    const { path } = await aBreak()
    const browser = console(await createStaff({ role: 'support' }))
    assert.equal((await browser.get(path)).status, 200)
    for (const action of [`${path}/acknowledge`, `${path}/correct`, `${HOME}/run/stripe`]) {
      assert.equal((await browser.post(action, REASON)).status, 403, action)
    }
    assert.isEmpty(await audited())
  })

  test('many breaks cost no more queries than few, and come page by page', async ({ assert }) => {
    await aBreak()
    const browser = console(await createStaff({ role: 'support' }))
    const look = () => browser.get(BREAKS)
    await look()
    await copies(4)
    const few = await queriesOf(look)
    await copies(55)
    const many = await queriesOf(look)
    assert.equal(many.length, few.length)
    const first = await look()
    const next = /rel="next"[^>]*href="([^"]+)"/.exec(first.text)![1].replaceAll('&amp;', '&')
    const rows = (text: string) => text.match(/breaks\/[0-9a-f-]{36}"/g)!.length
    assert.equal(rows(first.text), 50)
    assert.equal(rows((await browser.get(next)).text), 10)
  })
})

/** More like the one that there is. */
async function copies(count: number): Promise<void> {
  await db.rawQuery(
    `INSERT INTO reconciliation_breaks (rail, kind, scope, fingerprint, subject, currency, difference, amount,
         details, happened_at, opened_by, last_seen_by)
     SELECT rail, kind, scope, fingerprint || n || random(), subject || n, currency, difference, amount, details,
         happened_at, opened_by, last_seen_by
       FROM (SELECT * FROM reconciliation_breaks ORDER BY id LIMIT 1) one, generate_series(1, ?) n`,
    [count]
  )
}
