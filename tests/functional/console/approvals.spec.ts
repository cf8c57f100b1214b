import { test } from '@japa/runner'
import { proposeCorrectingEntry } from '#escrow/correcting_entry'
import { accounts } from '#ledger/chart_of_accounts'
import Approval from '#models/approval'
import { resetAll } from '#tests/support/database'
import { breaks, held } from '#tests/support/ledger'
import { console, createStaff } from '#tests/support/staff'

async function proposed(by: string) {
  return proposeCorrectingEntry(
    {
      currency: 'USD',
      postings: [
        { account: 'provider_fee', direction: 'debit', amount: '1234' },
        { account: 'suspense', direction: 'credit', amount: '1234' },
      ],
    },
    { by, reason: 'Fees of March.' }
  )
}

test.group('Approvals at the console', (group) => {
  group.each.setup(() => resetAll())

  test('one proposes, another reads exactly what it is and approves it', async ({ assert }) => {
    const first = await createStaff({ role: 'finance' })
    const second = await createStaff({ role: 'finance' })
    const { id, contentHash } = await proposed(first.id)
    const path = `/console/approvals/${id}`
    const own = await console(first).get(path)
    assert.include(own.text, 'Withdraw')
    assert.notInclude(own.text, `${path}/approve`)

    const browser = console(second)
    assert.include((await browser.get('/console/approvals')).text, 'Fees of March.')
    const page = await browser.get(path)
    for (const shown of ['12.34', 'provider_fee', 'suspense', contentHash]) {
      assert.include(page.text, shown)
    }
    const done = await browser.post(`${path}/approve`, { hash: contentHash })
    assert.equal(done.location, path)
    assert.equal((await Approval.findOrFail(id)).status, 'approved')
    assert.equal(await held(accounts.providerFee()), '12.34')
    assert.include((await browser.get(path)).text, second.name)
    assert.deepEqual(await breaks(), [])
  })

  test('another hash, who proposed it, and support are refused', async ({ assert }) => {
    const first = await createStaff({ role: 'finance' })
    const { id, contentHash } = await proposed(first.id)
    const path = `/console/approvals/${id}`
    const attempts: [Parameters<typeof console>[0], string][] = [
      [first, contentHash],
      [await createStaff({ role: 'support' }), contentHash],
      [await createStaff({ role: 'finance' }), 'f'.repeat(64)],
    ]
    for (const [staff, hash] of attempts) {
      const browser = console(staff)
      await browser.get(path)
      await browser.post(`${path}/approve`, { hash })
      assert.equal((await Approval.findOrFail(id)).status, 'proposed')
    }
  })

  test('a proposal is refused with a reason, and one of theirs is withdrawn', async ({
    assert,
  }) => {
    const first = await createStaff({ role: 'finance' })
    const refused = await proposed(first.id)
    const browser = console(await createStaff({ role: 'admin' }))
    await browser.get(`/console/approvals/${refused.id}`)
    await browser.post(`/console/approvals/${refused.id}/refuse`, { reason: 'It is too much.' })
    assert.equal((await refused.refresh()).status, 'refused')
    const withdrawn = await proposed(first.id)
    const theirs = console(first)
    await theirs.get(`/console/approvals/${withdrawn.id}`)
    await theirs.post(`/console/approvals/${withdrawn.id}/withdraw`, {})
    assert.equal((await withdrawn.refresh()).status, 'withdrawn')
    const over = await browser.get('/console/approvals?status=withdrawn')
    assert.include(over.text, withdrawn.id)
  })
})
