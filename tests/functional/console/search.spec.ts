import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { search } from '#console/search'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { countQueries } from '#tests/support/queries'
import { createStaff, console, staffCookies } from '#tests/support/staff'
import { linksOf, someMoney, textOf } from './pages.js'

const path = (q: string) => `/console/search?q=${encodeURIComponent(q)}`

test.group('Search at the console', (group) => {
  group.each.setup(() => resetAll())

  test('an id of ours leads to its page, whatever it is of', async ({ assert }) => {
    const { client, project, milestones } = await someMoney()
    const deposit = await db.from('transactions').where('transaction_type', 'deposit').firstOrFail()
    const payout = await db.from('transactions').where('transaction_type', 'payout').firstOrFail()
    const release = await db.from('releases').firstOrFail()
    const account = await db.from('payout_accounts').firstOrFail()
    const event = await db.from('inbox_events').firstOrFail()
    const job = await db.from('pgboss.job').firstOrFail()
    const entry = await db.from('journal_entries').where('kind', 'release').firstOrFail()
    const browser = console(await createStaff({ role: 'support' }))
    const expected: [string, string][] = [
      [client.id, `/console/users/${client.id}`],
      [project.id.toUpperCase(), `/console/projects/${project.id}`],
      [` ${milestones[1].id} `, `/console/milestones/${milestones[1].id}`],
      [deposit.id, `/console/transactions/${deposit.id}`],
      [payout.id, `/console/payouts/${payout.id}`],
      [release.id, `/console/transactions/${release.transaction_id}`],
      [account.id, `/console/users/${account.user_id}`],
      [event.id, `/console/webhooks/${event.id}`],
      [job.id, `/console/jobs/${job.name}/${job.id}`],
      [entry.reference, `/console/ledger/entries/${entry.id}`],
      [`escrow:${milestones[1].id}`, `/console/ledger/accounts/escrow%3A${milestones[1].id}/USD`],
    ]
    for (const [asked, found] of expected) {
      const answer = await browser.get(path(asked))
      assert.equal(answer.status, 303, asked)
      assert.equal(answer.location, found)
    }
  })

  test('what providers call it leads there as well', async ({ assert }) => {
    const { freelancer } = await someMoney()
    const deposit = await db.from('transactions').where('transaction_type', 'deposit').firstOrFail()
    const { charge_id: charge } = await db.from('deposits').firstOrFail()
    const account = await db.from('payout_accounts').firstOrFail()
    const event = await db.from('inbox_events').firstOrFail()
    const browser = console(await createStaff({ role: 'support' }))
    const lead = async (asked: string) => (await browser.get(path(asked))).location
    assert.equal(await lead(deposit.provider_transaction_id), `/console/transactions/${deposit.id}`)
    assert.equal(await lead(charge), `/console/transactions/${deposit.id}`)
    assert.match(account.destination, /^acct_/)
    assert.equal(await lead(account.destination), `/console/users/${freelancer.id}`)
    assert.equal(await lead(event.event_id), `/console/webhooks/${event.id}`)
  })

  test('what only an event names is found by that', async ({ assert }) => {
    const [{ id }] = await db
      .table('inbox_events')
      .insert({
        rail: 'stripe',
        event_id: 'evt_1',
        type: 'charge.refunded',
        payload: JSON.stringify({ data: { object: { id: 'ch_of_somebody' } } }),
      })
      .returning('id')
    const answer = await console(await createStaff()).get(path('ch_of_somebody'))
    assert.equal(answer.location, `/console/webhooks/${id}`)
  })

  test('an address finds users for everybody, staff for who manages them', async ({ assert }) => {
    const { client } = await someMoney()
    const colleague = await createStaff({ role: 'finance' })
    for (const role of ['support', 'finance', 'admin'] as const) {
      const browser = console(await createStaff({ role }))
      const user = await browser.get(path(client.email.toUpperCase()))
      assert.equal(user.location, `/console/users/${client.id}`)
      for (const asked of [colleague.email, colleague.id]) {
        const found = await browser.get(path(asked))
        const expected = role === 'admin' ? `/console/staff/${colleague.id}` : undefined
        assert.equal(found.location, expected, `${role} ${asked}`)
        if (role !== 'admin') assert.notInclude(found.text, colleague.name)
      }
    }
  })

  test('a line of the audit log is found by who may read it', async ({ assert }) => {
    const { client } = await someMoney()
    const [{ id }] = await db
      .table('audit_log')
      .insert({
        actor_type: 'operator',
        action: 'user.verified',
        target_type: 'user',
        target_id: client.id,
      })
      .returning('id')
    const lead = async (role: 'support' | 'finance') =>
      (await console(await createStaff({ role })).get(path(id))).location
    assert.equal(await lead('finance'), `/console/users/${client.id}`)
    assert.isUndefined(await lead('support'))
  })

  test('an amount lists the transactions and entries of just so much', async ({ assert }) => {
    await someMoney()
    const entry = await db.from('journal_entries').where('kind', 'release').firstOrFail()
    const release = await db.from('transactions').where('transaction_type', 'release').firstOrFail()
    const browser = console(await createStaff())
    for (const asked of ['1000.00', '1,000', '1000.00 usd', 'USD 1000', '$1,000.00']) {
      const found = await browser.get(path(asked))
      assert.equal(found.status, 200, asked)
      assert.include(linksOf(found), `/console/ledger/entries/${entry.id}`)
      assert.include(linksOf(found), `/console/transactions/${release.id}`)
      assert.include(textOf(found), '1,000.00 USD')
    }
    for (const asked of [`#${entry.id}`, `entry ${entry.id}`]) {
      // One thing found is where one wanted to go.
      assert.equal((await browser.get(path(asked))).location, `/console/ledger/entries/${entry.id}`)
    }
    const plain = await browser.get('/console/search?q=1,000.00')
    assert.include(linksOf(plain), `/console/transactions/${release.id}`)
    for (const asked of ['1000.01', '1000.00 EUR', '1000.00 XXX', '0', '1000.001']) {
      assert.include(textOf(await browser.get(path(asked))), 'Nothing is called this.', asked)
    }
  })

  test('takes as many queries for much as for little', async ({ assert }) => {
    await someMoney()
    const few = await countQueries(() => search(db.connection(), '1000.00', 'admin'))
    await someMoney()
    await someMoney()
    assert.equal(await countQueries(() => search(db.connection(), '1000.00', 'admin')), few)
    assert.equal(few, 1)
    assert.equal(await countQueries(() => search(db.connection(), 'ch_nothing', 'admin')), 2)
  })

  test('reads no table from one end to the other', async ({ assert }) => {
    const { client } = await someMoney()
    // As if there were too many rows to read them all.
    const read = async (asked: string) => {
      const trx = await db.transaction()
      await trx.rawQuery('SET LOCAL enable_seqscan = off')
      const plans: string[] = []
      const explaining = new Proxy(trx, {
        get: (of, key) =>
          key === 'rawQuery'
            ? async (sql: string, bindings: object) => {
                const { rows } = await of.rawQuery(`EXPLAIN ${sql}`, bindings as never)
                plans.push(rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n'))
                return of.rawQuery(sql, bindings as never)
              }
            : Reflect.get(of, key),
      })
      await search(explaining, asked, 'admin')
      await trx.rollback()
      return plans.join('\n')
    }
    for (const asked of [client.id, client.email, 'ch_nothing', '1000.00', '12']) {
      // Queues are few.
      const plan = (await read(asked)).replaceAll(/Seq Scan on queue/g, '')
      assert.notMatch(plan, /Seq Scan/, asked)
    }
  })

  test('rubbish finds nothing, and breaks nothing', async ({ assert }) => {
    await someMoney()
    const browser = console(await createStaff())
    for (const asked of [
      '%',
      '_',
      '%@%',
      '%00',
      'x'.repeat(5000),
      '%ED%A0%80',
      '<script>alert(1)</script>',
      "'; DROP TABLE users; --",
      '🦊'.repeat(150),
      '99999999999999999999999',
      '999999999999999999',
      '9999999999999.99',
      '-1',
      '1.2.3',
      ':asked ? :minor',
    ]) {
      const raw = asked === '%00' || asked.startsWith('%ED') ? asked : encodeURIComponent(asked)
      const answer = await browser.get(`/console/search?q=${raw}`)
      assert.equal(answer.status, 200, asked)
      assert.match(textOf(answer), /Nothing is called this\.|Type what you have/, asked)
      assert.notInclude(answer.text, '<script>alert')
    }
    for (const query of ['', '?q=', '?q[a]=1']) {
      const answer = await browser.get(`/console/search${query}`)
      assert.equal(answer.status, 200, query)
      assert.include(textOf(answer), 'What can be searched')
    }
  })
})

test.group('Search in a browser', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  test('somebody finds the entry of a number that they have read somewhere', async ({ assert }) => {
    await someMoney()
    const entry = await db.from('journal_entries').where('kind', 'release').firstOrFail()
    const release = await db.from('transactions').where('transaction_type', 'release').firstOrFail()
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto('/console/ledger')
    await page.keyboard.press('/')
    await page.keyboard.type('1,000.00')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/console\/search\?q=/)
    assert.equal(await page.locator('#search').inputValue(), '1,000.00')
    await page.locator(`main a[href="/console/transactions/${release.id}"]`).click()
    await page.waitForURL(`**/console/transactions/${release.id}`)
    await page.locator('h1', { hasNotText: 'Search' }).waitFor()
    await page.locator(`main a[href="/console/ledger/entries/${entry.id}"]`).first().click()
    await page.waitForURL(`**/console/ledger/entries/${entry.id}`)
    assert.include(await page.locator('main').innerText(), '1,000.00 USD')
  })

  test('a question mark lists the keys, and Escape closes the list', async ({ assert }) => {
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto('/console/ledger')
    await page.keyboard.press('?')
    assert.include(await page.locator('dialog[open]').innerText(), 'next page of a list')
    assert.deepEqual(await axeViolations(page), [])
    await page.keyboard.press('Escape')
    assert.equal(await page.locator('dialog[open]').count(), 0)
  })

  test('what is found can be read, wide and narrow', async ({ assert }) => {
    await someMoney()
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [375, 'dark'],
    ] as const) {
      const { page } = await browser.open(undefined, { width, colorScheme })
      await page.context().addCookies(await staffCookies(await createStaff()))
      for (const asked of ['1000.00', 'nothing at all']) {
        await page.goto(path(asked))
        assert.deepEqual(await axeViolations(page), [], `${asked} ${width}`)
        assert.isAtMost(await sideways(page), 0, `${asked} ${width}`)
      }
    }
  })
})
