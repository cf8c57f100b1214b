import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { listPostings, readAccount } from '#console/ledger_account_page'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { STAFF_ROLES } from '#models/staff'
import { resetAll } from '#tests/support/database'
import { queriesOf } from '#tests/support/many_projects'
import { console, createStaff } from '#tests/support/staff'
import { linksOf, someMoney, textOf } from './pages.js'

const usd = (minor: bigint) => Money.of(minor, 'USD')

/** Entries without transactions, as treasury makes them: bank to clearing. */
async function topUps(count: number, from = 0) {
  for (let n = from; n < from + count; n++) {
    await inTransaction((trx) =>
      postEntries(trx, [
        {
          reference: `top-up:${n}`,
          kind: 'top_up',
          postings: [
            debit(accounts.clearing('stripe'), usd(100n + BigInt(n))),
            credit(accounts.bank(), usd(100n + BigInt(n))),
          ],
        },
      ])
    )
  }
}

test.group('Ledger at the console', (group) => {
  group.each.setup(() => resetAll())

  test('balances are those of the ledger, and debits equal credits', async ({ assert }) => {
    const { freelancer, milestones } = await someMoney()
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.get('/console/ledger')
    assert.equal(page.status, 200)
    const text = textOf(page)
    assert.include(text, 'They balance.')
    // 250.50 is held, and nothing waits to be paid.
    assert.match(text, /Escrow Liability credit 2 \d+ 250\.50 USD/)
    assert.match(text, /Payable Liability credit 1 \d+ 0\.00 USD/)
    assert.match(text, /Platform fee Revenue credit 1 1 100\.00 USD/)

    const held = await browser.get(`/console/ledger/accounts/escrow:${milestones[1].id}/USD`)
    assert.include(textOf(held), 'Balance 250.50 USD')
    const paid = await browser.get(`/console/ledger/accounts/payable:${freelancer.id}/USD`)
    assert.include(textOf(paid), 'Balance 0.00 USD')
    assert.include(linksOf(paid), `/console/users/${freelancer.id}`)
  })

  test('a number leads to its account, from there to its entry, and on to transaction and milestone', async ({
    assert,
  }) => {
    const { milestones, project } = await someMoney()
    const browser = console(await createStaff())
    const index = await browser.get('/console/ledger')
    const list = linksOf(index).find((href) => href.endsWith('kind=escrow&currency=USD'))!
    const listed = await browser.get(list)
    const name = encodeURIComponent(`escrow:${milestones[0].id}`)
    assert.include(linksOf(listed), `/console/ledger/accounts/${name}/USD`)
    const of = await browser.get(`/console/ledger/accounts/${name}/USD`)
    const entryHref = linksOf(of).find((href) => href.startsWith('/console/ledger/entries/'))!
    const entry = await browser.get(entryHref)
    const text = textOf(entry)
    assert.include(text, 'release:')
    assert.match(text, /1,000\.00 USD/)
    const links = linksOf(entry)
    const release = await db.from('transactions').where('transaction_type', 'release').firstOrFail()
    assert.include(links, `/console/transactions/${release.id}`)
    assert.include(links, `/console/milestones/${milestones[0].id}`)
    assert.include(links, `/console/projects/${project.id}`)
    assert.isTrue(links.some((href) => href.startsWith('/console/ledger/accounts/platform_fee')))
  })

  test('pages of an account have each of its postings once, however many stripes it has', async ({
    assert,
  }) => {
    await topUps(130)
    // As if other connections had posted meanwhile: another stripe, and older numbers in between.
    await Promise.all(Array.from({ length: 12 }, (_, n) => topUps(3, 200 + 3 * n)))
    for (const name of ['bank', 'clearing:stripe']) {
      const account = await readAccount(name, 'USD')
      const seen: string[] = []
      let balance = account.balance
      let after: string | undefined
      do {
        const page = await listPostings(account, { after } as never)
        for (const row of page.rows) {
          seen.push(`${row.stripe} ${row.account_seq}`)
          // Each has the balance of the account, not of its stripe: from now down to the first posting.
          assert.equal(row.balance_after, balance, name)
          balance -= row.direction === account.normal_side ? row.amount : -row.amount
        }
        after = page.meta.next_cursor ?? undefined
      } while (after)
      assert.lengthOf(seen, Number(account.postings))
      assert.lengthOf(new Set(seen), seen.length)
      assert.equal(balance, 0n)
    }
    assert.isAbove((await readAccount('clearing:stripe', 'USD')).stripes.length, 1)
    const browser = console(await createStaff())
    const of = (query: string) =>
      browser.get(`/console/ledger/accounts/clearing:stripe/USD${query}`)
    assert.notInclude((await of('')).text, 'Stripe’s balance after')
    assert.include((await of('?kind=top_up')).text, 'Stripe’s balance after')
  })

  test('the balance after the newest posting is the balance', async ({ assert }) => {
    await topUps(3)
    const account = await readAccount('bank', 'USD')
    const { rows } = await listPostings(account, {} as never)
    assert.equal(rows[0].balance_after, account.balance)
    assert.equal(account.balance, -(100n + 101n + 102n))
  })

  test('filters find what they say, in an account and in the journal', async ({ assert }) => {
    await someMoney()
    await topUps(3)
    const browser = console(await createStaff())
    const kinds = async (query: string) =>
      [
        ...textOf(await browser.get(`/console/ledger/entries?${query}`)).matchAll(/top-up:\d+/g),
      ].map(([reference]) => reference)
    assert.deepEqual(await kinds('kind=top_up'), ['top-up:2', 'top-up:1', 'top-up:0'])
    assert.deepEqual(await kinds('amount=1.01'), ['top-up:1'])
    assert.deepEqual(await kinds('reference=top-up:2'), ['top-up:2'])
    assert.deepEqual(await kinds('account=bank&currency=usd'), ['top-up:2', 'top-up:1', 'top-up:0'])
    assert.deepEqual(await kinds('kind=release&account=bank'), [])
    const today = new Date().toISOString().slice(0, 10)
    assert.lengthOf(await kinds(`from=${today}&to=${today}`), 3)
    assert.isEmpty(await kinds('to=2020-01-01'))
    const bank = await browser.get('/console/ledger/accounts/bank/USD?amount=1.02')
    assert.include(textOf(bank), 'top-up:2')
    assert.notInclude(textOf(bank), 'top-up:1')
  })

  test('a correction says so on both sides', async ({ assert }) => {
    await topUps(1)
    await inTransaction((trx) =>
      postEntries(trx, [
        {
          reference: 'reversal:top-up:0',
          kind: 'reversal',
          reverses: 'top-up:0',
          postings: [
            debit(accounts.bank(), usd(100n)),
            credit(accounts.clearing('stripe'), usd(100n)),
          ],
        },
      ])
    )
    const browser = console(await createStaff())
    assert.include(textOf(await browser.get('/console/ledger/entries/top-up:0')), 'It was reversed')
    const later = await browser.get('/console/ledger/entries/reversal:top-up:0')
    assert.include(textOf(later), 'Reverses top-up:0')
  })

  test('every role reads; nobody else does', async ({ assert }) => {
    await topUps(1)
    const paths = ['', '/accounts', '/entries', '/accounts/bank/USD', '/entries/top-up:0']
    for (const role of STAFF_ROLES) {
      const browser = console(await createStaff({ role }))
      for (const path of paths) {
        assert.equal((await browser.get(`/console/ledger${path}`)).status, 200, `${role} ${path}`)
      }
    }
    for (const path of paths) {
      assert.match((await console().get(`/console/ledger${path}`)).location!, /sign-in/)
    }
  })

  test('rubbish is refused or not found, and never an error of ours', async ({ assert }) => {
    await topUps(1)
    const browser = console(await createStaff())
    const rubbish = ['%00', '%ED%A0%80', "'", '1e9', '-1', '9'.repeat(40), '<script>', '2026-02-31']
    for (const value of rubbish) {
      for (const name of ['from', 'kind', 'amount', 'currency', 'account', 'reference', 'after']) {
        const { status } = await browser.get(`/console/ledger/entries?${name}=${value}`)
        assert.include([200, 422], status, `${name}=${value}`)
        const own = await browser.get(`/console/ledger/accounts/bank/USD?${name}=${value}`)
        assert.include([200, 422], own.status, `${name}=${value}`)
      }
      for (const path of [`entries/${value}`, `accounts/${value}/USD`, `accounts/bank/${value}`]) {
        const { status } = await browser.get(`/console/ledger/${encodeURI(path)}`)
        assert.include([400, 404], status, path)
      }
    }
  })

  test('what people wrote is shown as text', async ({ assert }) => {
    const { project, milestones } = await someMoney()
    const evil = '<script>alert(1)</script>'
    await db.from('projects').where('id', project.id).update({ title: evil })
    await db.from('milestones').where('id', milestones[0].id).update({ title: evil })
    const browser = console(await createStaff())
    const { id } = await db.from('journal_entries').where('kind', 'release').firstOrFail()
    const { text } = await browser.get(`/console/ledger/entries/${id}`)
    assert.notInclude(text, evil)
    assert.include(text, '&lt;script&gt;alert(1)')
  })

  test('no page asks more of the database with 50 rows than with 5', async ({ assert }) => {
    const browser = console(await createStaff())
    const paths = [
      '',
      '/accounts',
      '/entries',
      '/accounts/bank/USD',
      '/accounts/clearing:stripe/USD',
    ]
    await topUps(5)
    const count = async () => {
      const counts: number[] = []
      for (const path of paths) {
        await browser.get(`/console/ledger${path}`)
        counts.push((await queriesOf(() => browser.get(`/console/ledger${path}`))).length)
      }
      return counts
    }
    const few = await count()
    await topUps(45, 5)
    assert.deepEqual(await count(), few)
  })
})
