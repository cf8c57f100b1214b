import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { recordAudit, type AuditLine } from '#audit/record_audit'
import { eraseWords } from '#audit/erase_words'
import { sealAudit } from '#audit/seal'
import { listAudit } from '#console/audit_page'
import { textOf } from '#tests/functional/console/pages'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { queriesOf } from '#tests/support/many_projects'
import { OPERATOR } from '#tests/support/operator'
import { planOf } from '#tests/support/plans'
import { console, createStaff, staffCookies } from '#tests/support/staff'

const LIST = '/console/audit'
const SETTING = { type: 'setting', id: 'platform_fee_bps' }

const write = (line: Partial<AuditLine> = {}) =>
  inTransaction((trx) =>
    recordAudit(trx, { ...OPERATOR, action: 'setting.changed', target: SETTING, ...line })
  )

async function many(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await write({ after: { value: String(at) } })
}

/** As somebody would who has the database's password. */
const tamper = (how: (trx: TransactionClientContract) => Promise<unknown>) =>
  db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await how(trx)
  })

test.group('The audit log at the console', (group) => {
  group.each.setup(() => resetAll())

  test('is read by finance and admins, and by nobody else', async ({ assert }) => {
    const id = await write()
    for (const [role, status] of [
      ['support', 403],
      ['finance', 200],
      ['admin', 200],
    ] as const) {
      const browser = console(await createStaff({ role }))
      assert.equal((await browser.get(LIST)).status, status, role)
      assert.equal((await browser.get(`${LIST}/${id}`)).status, status, role)
    }
    const missing = `${LIST}/01912345-0000-7000-8000-000000000000`
    assert.equal((await console(await createStaff()).get(missing)).status, 404)
  })

  test('leads to staff only who may look at them', async ({ assert }) => {
    const about = await createStaff()
    const id = await write({ action: 'staff.disabled', target: { type: 'staff', id: about.id } })
    const page = `/console/staff/${about.id}`
    for (const [role, isLink] of [
      ['finance', false],
      ['admin', true],
    ] as const) {
      const browser = console(await createStaff({ role }))
      for (const path of [LIST, `${LIST}/${id}`]) {
        const { text } = await browser.get(path)
        assert.include(text, about.id)
        assert.equal(text.includes(`href="${page}"`), isLink, `${role} ${path}`)
      }
      assert.equal((await browser.get(page)).status, isLink ? 200 : 403)
    }
  })

  test('is found by actor, action, target and period', async ({ assert }) => {
    const ada = await createStaff({ role: 'finance', name: 'Ada Byron' })
    const id = await write({ actor: { type: 'staff', id: ada.id }, action: 'payout.held' })
    await write({ actor: { type: 'system' }, action: 'inbox.replayed', reason: undefined })
    const today = new Date().toISOString().slice(0, 10)
    const browser = console(ada)
    for (const [filter, isThere] of [
      ['', true],
      ['actor=staff', true],
      ['actor=operator', false],
      ['who=ada+byron', true],
      [`who=${ada.id}`, true],
      [`who=${ada.email}`, true],
      ['who=vera', false],
      ['action=payout', true],
      ['action=payout.held', true],
      ['action=pay', false],
      ['type=setting&target=platform_fee_bps', true],
      ['type=user', false],
      ['target=nothing', false],
      [`from=${today}&to=${today}`, true],
      ['to=2020-01-01', false],
    ] as const) {
      const list = await browser.get(`${LIST}?${filter}`)
      assert.equal(list.status, 200, filter)
      assert.equal(list.text.includes(`${LIST}/${id}`), isThere, filter)
    }
    assert.equal((await browser.get(`${LIST}?actor=nobody`)).status, 422)
  })

  test('a line says what changed, why, and where it stands in the chain', async ({ assert }) => {
    const id = await write({ before: { value: '1000' }, after: { value: '<script>alert(1)' } })
    const browser = console(await createStaff())
    const fresh = await browser.get(LIST)
    assert.include(textOf(fresh), 'not sealed yet')
    assert.include(fresh.text, '/console/settings/platform_fee_bps')
    await sealAudit()
    const line = await browser.get(`${LIST}/${id}`)
    assert.notInclude(line.text, '<script>alert(1)')
    assert.include(line.text, '&lt;script&gt;alert(1)')
    assert.match(textOf(line), /Ticket 812.*Position 1 Sealed/)
    const { hash } = await db.from('audit_chain').firstOrFail()
    assert.include(line.text, hash)
  })

  test('words that were erased are said to be, and the line stays', async ({ assert }) => {
    const id = await write({ reason: 'Only <b>Grace</b> knows.' })
    const browser = console(await createStaff())
    assert.include((await browser.get(LIST)).text, 'Only &lt;b&gt;Grace&lt;/b&gt; knows.')
    await eraseWords(id, { actor: { type: 'system' } })
    for (const path of [LIST, `${LIST}/${id}`]) {
      const page = textOf(await browser.get(path))
      assert.include(page, 'erased')
      assert.notInclude(page, 'Grace')
      assert.notInclude(page, 'Vera')
    }
  })

  test('is paged by key, with as many queries for many lines as for few', async ({ assert }) => {
    await many(3)
    const browser = console(await createStaff())
    const look = () => browser.get(`${LIST}?action=setting.changed`)
    await look()
    const few = await queriesOf(look)
    await many(52)
    assert.lengthOf(await queriesOf(look), few.length)
    const first = await look()
    const next = /rel="next"[^>]*href="([^"]+)"/.exec(first.text)![1].replaceAll('&amp;', '&')
    const rows = ({ text }: { text: string }) => text.match(/<tr>/g)!.length - 1
    assert.equal(rows(first), 50)
    assert.equal(rows(await browser.get(next)), 5)
  })

  test('is verified on request, which is a line itself, and shows what was tampered with', async ({
    assert,
  }) => {
    await many(3)
    const browser = console(await createStaff({ role: 'finance' }))
    assert.include((await browser.get(LIST)).text, 'The log was never verified.')
    const reason = { reason: 'The auditors ask.' }
    await browser.submit(`${LIST}/verify`, reason)
    await settle()
    const right = await browser.get(LIST)
    assert.include(right.text, 'all 4 sealed lines are as they were written')
    const { hash } = await db.from('audit_chain').orderBy('position', 'desc').firstOrFail()
    assert.include(right.text, `4:${hash}`)
    assert.lengthOf(await db.from('audit_log').where('action', 'audit.verification_started'), 1)

    await tamper((trx) =>
      trx.from('audit_log').where('action', 'setting.changed').update({ after: '{"value":"9"}' })
    )
    await browser.submit(`${LIST}/verify`, reason)
    await settle()
    const wrong = textOf(await browser.get(LIST))
    assert.include(wrong, 'something is wrong')
    assert.include(wrong, 'is not the one that was sealed here')
    assert.include(wrong, 'First wrong position 1')
  })

  test('is searched without reading what does not fit, of 100,000 lines', async ({ assert }) => {
    const vera = await createStaff({ name: 'Vera Rare' })
    await db.rawQuery(
      `INSERT INTO audit_log (actor_type, action, target_type, target_id, at)
       SELECT 'system', 'setting.changed', 'setting', 'some_' || n, now() - n * interval '1 minute'
         FROM generate_series(1, 100000) n`
    )
    await write({ actor: { type: 'staff', id: vera.id }, action: 'payout.held', reason: undefined })
    await write({ action: 'payout.released', target: { type: 'transaction', id: 'rare' } })
    await db.rawQuery('ANALYZE audit_log; ANALYZE audit_words; ANALYZE staff')
    const today = new Date().toISOString().slice(0, 10)
    for (const [filters, found] of [
      [{}, 51],
      [{ action: 'payout.held' }, 1],
      [{ action: 'payout' }, 2],
      [{ action: 'nothing.done' }, 0],
      [{ who: 'vera rare' }, 1],
      [{ who: 'vera stein' }, 1],
      [{ actor: 'staff' }, 1],
      [{ target: 'rare' }, 1],
      [{ type: 'transaction' }, 1],
      [{ to: '2020-01-01' }, 0],
      [{ from: today, action: 'payout' }, 2],
    ] as const) {
      const { rows, read } = await planOf('audit_log', () => listAudit(filters, 'admin'))
      assert.equal(rows, found, JSON.stringify(filters))
      assert.isBelow(read, 500, JSON.stringify(filters))
    }
  })
})

test.group('The audit log, in a browser', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  for (const width of [1280, 375]) {
    test(`has nothing that axe finds, and does not scroll sideways, at ${width} px`, async ({
      assert,
    }) => {
      await many(12)
      await sealAudit()
      const id = await write({ action: 'payout.held', before: { state: 'waiting' } })
      await write({
        action: 'dispute.decision_proposed',
        target: { type: 'dispute', id },
        before: { to_client: '500.00', to_freelancer: '400.00', status: 'escalated' },
        after: { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
        reason: 'Two of the three pages were delivered, and the third one was never asked for.',
      })
      const { page } = await browser.open()
      await page.context().addCookies(await staffCookies(await createStaff({ role: 'finance' })))
      await page.setViewportSize({ width, height: 900 })
      for (const path of [LIST, `${LIST}/${id}`]) {
        await page.goto(path)
        assert.deepEqual(await axeViolations(page), [], path)
        assert.equal(await sideways(page), 0, path)
        // Nor does its table have to where there is room for it.
        const hidden = await page
          .locator('.table')
          .evaluateAll((all) => Math.max(0, ...all.map((one) => one.scrollWidth - one.clientWidth)))
        if (width === 1280) assert.equal(hidden, 0, path)
        if (process.env.SHOTS)
          await page.screenshot({
            path: `${process.env.SHOTS}/audit-${width}-${path === LIST ? 'list' : 'line'}.png`,
            fullPage: true,
          })
      }
    })
  }
})
