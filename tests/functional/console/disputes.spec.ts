import { test } from '@japa/runner'
import { createHash } from 'node:crypto'
import drive from '@adonisjs/drive/services/main'
import db from '@adonisjs/lucid/services/db'
import type Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { queriesOf } from '#tests/support/many_projects'
import { fundedProject } from '#tests/support/projects'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { escalatedDispute, postingsOf } from '../disputes/settling.js'
import { textOf } from './pages.js'

const REASON = 'Two of three pages were delivered.'

async function escalated(amount = '1000.00') {
  const found = await fundedProject({ amounts: [amount] })
  const dispute = await escalatedDispute(found)
  return { ...found, dispute, path: `/console/disputes/${dispute.id}` }
}

const decision = (dispute: Dispute, split: string) => ({
  to_freelancer: split,
  reason: REASON,
  version: String(dispute.version),
})

async function shownFile(dispute: Dispute, name: string, contentType: string, content: string) {
  const key = `evidence/${dispute.id}/${name}`
  await drive.use().put(key, content)
  return DisputeEvidence.create({
    disputeId: dispute.id,
    uploadedBy: dispute.openedBy,
    name,
    size: content.length,
    contentType,
    sha256: createHash('sha256').update(content).digest('hex'),
    storageKey: key,
    scanStatus: 'unscanned',
  })
}

const openProposal = () => db.from('approvals').where('status', 'proposed').firstOrFail()

test.group('Disputes at the console', (group) => {
  group.each.setup(() => resetAll())

  test('the queue has what is due first, or the largest, and filters by address', async ({
    assert,
  }) => {
    const small = await escalated('20.00')
    const large = await escalated('900.00')
    const browser = console(await createStaff({ role: 'finance' }))
    const order = async (query: string) => {
      const { text } = await browser.get(`/console/disputes${query}`)
      return [small, large]
        .map(({ path }) => ({ path, at: text.indexOf(`href="${path}"`) }))
        .filter(({ at }) => at >= 0)
        .sort((a, b) => a.at - b.at)
        .map(({ path }) => path)
    }
    assert.deepEqual(await order(''), [small.path, large.path])
    assert.deepEqual(await order('?order=amount'), [large.path, small.path])
    assert.deepEqual(await order('?least=100'), [large.path])
    assert.deepEqual(await order('?status=open'), [])
    assert.deepEqual(await order('?currency=EUR'), [])
  })

  test('pages of the queue follow one another without gaps', async ({ assert }) => {
    const { dispute, milestone } = await escalated('20.00')
    await db.rawQuery(
      `INSERT INTO disputes (milestone_id, opened_by, respondent_id, reason, asked_amount, currency, status, closed_at)
         SELECT ?, opened_by, respondent_id, 'Any.', 5, currency, 'withdrawn', now() FROM disputes, generate_series(1, 60)
          WHERE id = ?`,
      [milestone.id, dispute.id]
    )
    const browser = console(await createStaff({ role: 'finance' }))
    for (const order of ['', '&order=amount']) {
      const seen = new Set<string>()
      let path: string | undefined = `/console/disputes?status=withdrawn${order}`
      while (path) {
        const { text, status } = await browser.get(path)
        assert.equal(status, 200)
        for (const [, id] of text.matchAll(/href="\/console\/disputes\/([0-9a-f-]{36})"/g))
          seen.add(id)
        path = /data-next href="([^"]+)"/.exec(text)?.[1].replaceAll('&amp;', '&')
      }
      assert.equal(seen.size, 60)
    }
  })

  test('a dispute shows both sides, and the entry that a split would post', async ({ assert }) => {
    const { path, client, freelancer } = await escalated()
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.get(`${path}?to_freelancer=600.00`)
    assert.equal(page.status, 200)
    const said = textOf(page)
    for (const words of [
      client.displayName,
      freelancer.displayName,
      'It is not what was agreed.',
      '540.00 USD',
      '60.00 USD',
      '400.00 USD',
      'refund_in_transit:new',
    ]) {
      assert.include(said, words)
    }
    const part = await browser.get(`${path}/preview?to_freelancer=1.00`)
    assert.include(part.text, '999.00 USD')
    assert.notInclude(part.text, '<html')
    const tooMuch = await browser.get(`${path}/preview?to_freelancer=1000.01`)
    assert.include(textOf(tooMuch), 'choose a smaller part')
  })

  test('the latest of what happened is shown, and leads to what came before', async ({
    assert,
  }) => {
    const { dispute, project, milestone, path } = await escalated('20.00')
    await db.rawQuery(
      `INSERT INTO activity (project_id, milestone_id, subject_type, subject_id, actor_type, action, at)
       SELECT ?, ?, 'dispute', ?, 'system', 'dispute.message', now() + n * interval '1 second'
         FROM generate_series(1, 199) n`,
      [project.id, milestone.id, dispute.id]
    )
    const browser = console(await createStaff())
    const lines = (text: string) =>
      [...text.matchAll(/<li>\s*<strong>([^<]+)<\/strong>/g)].map(([, what]) => what)
    const latest = await browser.get(`${path}?to_freelancer=5.00`)
    const isMessage = (line: string) => /message/i.test(line)
    assert.lengthOf(lines(latest.text).filter(isMessage), 199)
    const href = /href="([^"]*)#timeline"\s*>\s*Older lines/.exec(latest.text)![1]
    assert.include(href, 'to_freelancer=5.00')
    const older = await browser.get(href.replaceAll('&amp;', '&'))
    assert.include(lines(older.text).join(), 'Milestone added')
    assert.isFalse(lines(older.text).some(isMessage))
    assert.include(older.text, 'Latest lines')
  })

  test('a page takes as many queries for many messages as for none', async ({ assert }) => {
    const { path, dispute } = await escalated()
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(path)
    const few = await queriesOf(() => browser.get(path))
    for (let count = 0; count < 5; count++) {
      await db.table('dispute_messages').insert({
        dispute_id: dispute.id,
        sender_id: dispute.openedBy,
        kind: 'message',
        body: 'Still not.',
      })
    }
    assert.equal((await queriesOf(() => browser.get(path))).length, few.length)
  })

  test('a small one is decided and settled by one person', async ({ assert }) => {
    const { path, dispute } = await escalated('100.00')
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(path)
    const page = await browser.submit(`${path}/decision`, decision(dispute, '25.00'))
    assert.include(textOf(page), 'Settled. Payout and refund are on their way.')
    await settle()
    assert.deepEqual(await postingsOf('resolution'), [
      'debit escrow 10000',
      'credit payable 2250',
      'credit platform_fee 250',
      'credit refund_in_transit 7500',
    ])
    assert.deepEqual(await breaks(), [])
  })

  test('a part is typed as the console writes amounts', async ({ assert }) => {
    const { path, dispute } = await escalated('2000.00')
    const browser = console(await createStaff({ role: 'support' }))
    const preview = await browser.get(`${path}/preview?to_freelancer=1%2C040.00`)
    assert.include(textOf(preview), '960.00 USD back to the client')
    const wrong = await browser.submit(`${path}/decision`, decision(dispute, '1,04'), path)
    assert.include(textOf(wrong), 'Write an amount such as 1250.00 or 1,250.00')
    await browser.submit(`${path}/decision`, decision(dispute, '1,040.00'), path)
    assert.equal((await openProposal()).content.to_freelancer, '104000')
  })

  test('a number that is none is said so, where its entries would be', async ({ assert }) => {
    const { path } = await escalated()
    const browser = console(await createStaff({ role: 'support' }))
    for (const [typed, said] of [
      ['abc', '"abc" is not an amount'],
      ['-5', '"-5" is not an amount'],
      ['700.005', 'USD amounts have at most 2 decimals.'],
      ['', 'is not an amount'],
      ['1000.01', 'Only 1,000.00 USD is held: choose a smaller part.'],
    ]) {
      for (const address of [`${path}/preview`, path]) {
        const page = await browser.get(`${address}?to_freelancer=${encodeURIComponent(typed)}`)
        assert.equal(page.status, 200, `${address} ${typed}`)
        assert.include(textOf(page).replaceAll('&quot;', '"'), said)
        assert.notInclude(page.text, 'refund_in_transit')
      }
    }
  })

  test('above the threshold a second person sees what is hashed, and approves it', async ({
    assert,
  }) => {
    const { path, dispute } = await escalated()
    const first = console(await createStaff({ role: 'support' }))
    await first.get(path)
    const proposed = await first.submit(`${path}/decision`, decision(dispute, '600.00'))
    assert.include(textOf(proposed), 'Proposed. Nothing moves')
    const { id, content_hash: hash } = await openProposal()
    assert.notInclude(proposed.text, '/decision/approve')
    const own = await first.submit(`${path}/decision/approve`, { approval: id, hash })
    assert.equal(own.status, 403)

    const second = console(await createStaff({ role: 'finance' }))
    const page = await second.get(path)
    for (const words of [hash, REASON, '600.00 USD', '400.00 USD']) assert.include(page.text, words)
    const other = await second.submit(`${path}/decision/approve`, {
      approval: id,
      hash: 'f'.repeat(64),
    })
    assert.include(textOf(other), 'You were shown something else')
    const done = await second.submit(`${path}/decision/approve`, { approval: id, hash })
    assert.include(textOf(done), 'Approved and settled')
    assert.equal((await dispute.refresh()).status, 'settled')
    await settle()
    assert.deepEqual(await breaks(), [])
  })

  test('the second person refuses with a reason, the first takes back', async ({ assert }) => {
    const { path, dispute } = await escalated()
    const first = console(await createStaff({ role: 'admin' }))
    const second = console(await createStaff({ role: 'support' }))
    await first.get(path)
    await first.submit(`${path}/decision`, decision(dispute, '600.00'))
    const { id: approval } = await openProposal()
    await second.get(path)
    await second.submit(`${path}/decision/refuse`, { approval, reason: '' })
    assert.equal((await dispute.refresh()).status, 'decided')
    await second.submit(`${path}/decision/refuse`, { approval, reason: 'All was delivered.' })
    assert.equal((await dispute.refresh()).status, 'escalated')

    await first.submit(`${path}/decision`, decision(dispute, '900.00'))
    const again = await openProposal()
    await first.submit(`${path}/decision/withdraw`, { approval: again.id, reason: 'A slip.' })
    assert.equal((await dispute.refresh()).status, 'escalated')
  })

  test('what came since the page was opened is read before it is decided', async ({ assert }) => {
    const { path, dispute } = await escalated()
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(path)
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({ updated_at: db.raw('now()') })
    const page = await browser.submit(`${path}/decision`, decision(dispute, '600.00'))
    assert.include(textOf(page), 'Something was added to this dispute')
    assert.include(page.text, REASON)
  })

  test('finance sees no form to decide, and none is taken', async ({ assert }) => {
    const { path, dispute } = await escalated()
    const browser = console(await createStaff({ role: 'finance' }))
    assert.notInclude((await browser.get(path)).text, `action="${path}/decision"`)
    assert.equal((await browser.post(`${path}/decision`, decision(dispute, '600.00'))).status, 403)
  })

  test('files are shown under types that run nothing, to staff only', async ({ assert }) => {
    const { path, dispute } = await escalated()
    const browser = console(await createStaff({ role: 'support' }))
    const headersFor = async (name: string, type: string) => {
      const { id } = await shownFile(dispute, name, type, '<script>alert(1)</script>')
      const { headers, status } = await browser.get(`${path}/evidence/${id}`)
      assert.equal(status, 200)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.include(headers.get('content-security-policy'), `default-src 'none'`)
      return headers
    }
    for (const [name, type] of [
      ['page.html', 'text/html'],
      ['drawing.svg', 'image/svg+xml'],
      ['data.xml', 'application/xml'],
    ]) {
      const headers = await headersFor(name, type)
      assert.equal(headers.get('content-type'), 'application/octet-stream')
      assert.match(headers.get('content-disposition')!, /^attachment/)
      assert.match(headers.get('content-security-policy')!, /sandbox/)
    }
    for (const [name, type, as] of [
      ['photo.png', 'image/png', 'image/png'],
      ['chat.txt', 'text/plain', 'text/plain; charset=utf-8'],
      ['scan.pdf', 'application/pdf', 'application/pdf'],
    ]) {
      const headers = await headersFor(name, type)
      assert.equal(headers.get('content-type'), as)
      assert.equal(headers.get('content-disposition'), 'inline')
    }
    const infected = await shownFile(dispute, 'bad.txt', 'text/plain', 'bad')
    await db.from('dispute_evidence').where('id', infected.id).update({
      scan_status: 'infected',
      scan_signature: 'Eicar',
    })
    assert.equal((await browser.get(`${path}/evidence/${infected.id}`)).status, 404)
    const other = await escalated()
    assert.equal((await browser.get(`${other.path}/evidence/${infected.id}`)).status, 404)
    assert.equal((await console().get(`${path}/evidence/${infected.id}`)).status, 303)
  })
})

test.group('Disputes in a browser', (group) => {
  group.each.setup(() => resetAll())
  const browsers = useBrowser(group)

  test('the preview is of the number that stands there, and of no other', async ({ assert }) => {
    const { path } = await escalated('2000.00')
    const { page } = await browsers.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto(path)
    const number = page.getByLabel('To the freelancer (USD)')
    const preview = page.locator('#split-preview')
    await number.fill('500.00')
    await preview.getByText('1,500.00 USD').first().waitFor()
    for (const [typed, said] of [
      ['700.005', 'at most 2 decimals'],
      ['abc', 'is not an amount'],
      ['', 'is not an amount'],
      ['3000', 'Only 2,000.00 USD is held'],
      ['1,040.00', '960.00 USD'],
    ]) {
      await number.fill(typed)
      assert.isFalse(await preview.locator('*').first().isVisible(), typed)
      await preview.getByText(said).first().waitFor()
      assert.equal(await preview.getByText('1,500.00 USD').count(), 0)
    }
    assert.equal(await page.locator('[data-slider]').inputValue(), '520')
  })

  test('two people decide one', async ({ assert }) => {
    const { path, dispute } = await escalated()
    await shownFile(dispute, 'chat.txt', 'text/plain', 'It is late.')
    const opened = async (role: 'support' | 'finance', width?: number) => {
      const one = await browsers.open(undefined, { width, colorScheme: width ? 'dark' : 'light' })
      await one.page.context().addCookies(await staffCookies(await createStaff({ role })))
      await one.page.goto('/console/disputes')
      await one.page.locator(`a[href="${path}"]`).first().click()
      await one.page.waitForURL(`**${path}`)
      return one
    }
    const { page, complaints } = await opened('support')
    assert.deepEqual(await axeViolations(page, { without: 'iframe' }), [])
    await page.locator('[data-slider]').fill('600')
    assert.equal(await page.getByLabel('To the freelancer (USD)').inputValue(), '600.00')
    await page.locator('turbo-frame').getByText('540.00 USD').first().waitFor()
    await page.getByLabel('Reasons').fill(REASON)
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.getByText('Nothing moves before a second person').waitFor()

    const second = await opened('finance', 375)
    assert.isAtMost(await sideways(second.page), 0)
    assert.deepEqual(await axeViolations(second.page, { without: 'iframe' }), [])
    await second.page.locator('summary', { hasText: 'Approve' }).click()
    await second.page.getByRole('button', { name: 'Approve' }).click()
    await second.page.getByText('Approved and settled').waitFor()
    assert.deepEqual([...complaints, ...second.complaints], [])
    assert.equal((await dispute.refresh()).toFreelancer, 60_000n)
  })
})
