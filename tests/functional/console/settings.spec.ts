import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
import Approval from '#models/approval'
import { resetAll } from '#tests/support/database'
import { console, createStaff } from '#tests/support/staff'

const PAGE = '/console/settings/inspection_days'

test.group('Settings at the console', (group) => {
  group.each.setup(() => resetAll())

  test('are changed with a line of the audit log, and not over a newer version', async ({
    assert,
  }) => {
    const staff = await createStaff()
    const browser = console(staff)
    assert.match((await browser.get(PAGE)).text, /name="version"\s+value="0"/)
    const form = { value: '10', version: 0, reason: 'Agreed with the board' }
    await browser.submit(PAGE, form)
    assert.equal(await setting(db, 'inspection_days'), 10)
    const line = await db.from('audit_log').where('action', 'setting.changed').firstOrFail()
    assert.deepInclude(line, {
      actor_id: staff.id,
      target_id: 'inspection_days',
      before: { version: 0, value: 14 },
      after: { version: 1, value: 10 },
    })

    const stale = await browser.submit(PAGE, { ...form, value: '7' })
    assert.include(stale.text, 'Somebody has changed inspection_days since you opened it.')
    assert.equal(await setting(db, 'inspection_days'), 10)
    assert.lengthOf(await db.from('audit_log').where('action', 'setting.changed'), 1)
  })

  test('refuse what is none of their values, and nothing is written', async ({ assert }) => {
    const browser = console(await createStaff())
    await browser.get(PAGE)
    const form = { value: '31', version: 0, reason: 'Agreed with the board' }
    const { text } = await browser.submit(PAGE, form)
    assert.match(text, /class="error" id="error-value">\s*It must be a whole number from 1 to 30\./)
    assert.match(text, /<input[^>]*value="31"/)
    assert.isEmpty(await db.from('settings'))
    assert.isEmpty(await db.from('audit_log'))
  })

  test('are shown in their units, and typed in as they are shown', async ({ assert }) => {
    const browser = console(await createStaff())
    const { text } = await browser.get('/console/settings')
    for (const shown of [
      '14 days',
      '24 hours',
      '25 MB',
      '10 % (1000 basis points)',
      '7, 3, 1 days',
      '250.00 USD, 250.00 EUR, 250.00 GBP',
      '500.00 in the currency of the case',
    ]) {
      assert.include(text, shown)
    }
    const change = async (name: string, value: string) => {
      await browser.get(`/console/settings/${name}`)
      await browser.submit(`/console/settings/${name}`, { value, version: 0, reason: 'The board' })
    }
    await change('platform_fee_bps', '7.5 %')
    await change('review_reminder_days', '5, 2')
    await change('small_claim_threshold', '100.00 USD, 9000 JPY')
    assert.equal(await setting(db, 'platform_fee_bps'), 750)
    assert.deepEqual(await setting(db, 'review_reminder_days'), [5, 2])
    assert.deepEqual(await setting(db, 'small_claim_threshold'), { USD: '100.00', JPY: '9000' })
  })

  test('tell what they were, who changed it, and why', async ({ assert }) => {
    const staff = await createStaff({ name: 'Ada Byron' })
    const browser = console(staff)
    for (const [version, value] of ['10', '12'].entries()) {
      await browser.get(PAGE)
      await browser.submit(PAGE, { value, version, reason: `Reason ${value}` })
    }
    const { text } = await browser.get(PAGE)
    const rows = text
      .slice(text.indexOf('<tbody'), text.indexOf('</tbody'))
      .replaceAll(/<[^>]*>|\s+/g, ' ')
    assert.match(
      rows,
      /2 +10 days +→ +12 days +Ada Byron +Reason 12 .*1 +14 days +→ +10 days +Ada Byron +Reason 10/
    )
  })
})

test.group('Settings that protect money', (group) => {
  group.each.setup(() => resetAll())

  const THRESHOLD = '/console/settings/four_eyes_threshold'

  test('are made weaker by two people only, who see what it was and what it becomes', async ({
    assert,
  }) => {
    const first = await createStaff({ name: 'Ada Byron' })
    const browser = console(first)
    assert.include((await browser.get(THRESHOLD)).text, 'It takes two people to make it higher.')
    const form = { value: '90000', version: 0, reason: 'Large projects' }
    const proposed = await browser.post(THRESHOLD, form)
    assert.equal(await setting(db, 'four_eyes_threshold'), '500.00')
    const approval = await Approval.findByOrFail({ kind: 'setting_change' })
    const path = `/console/approvals/${approval.id}`
    assert.equal(proposed.location, path)
    assert.include((await browser.get(THRESHOLD)).text, path)
    await browser.get(path)
    await browser.submit(`${path}/approve`, { hash: approval.contentHash })
    assert.equal(await setting(db, 'four_eyes_threshold'), '500.00')

    const second = console(await createStaff({ role: 'finance', name: 'Grace Hopper' }))
    assert.include((await second.get('/console/approvals')).text, 'four_eyes_threshold')
    const page = (await second.get(path)).text
    for (const shown of ['four_eyes_threshold', '500.00 in the', '90000.00 in the']) {
      assert.include(page, shown)
    }
    assert.notInclude(page, '0.00 USD')
    await second.submit(`${path}/approve`, { hash: approval.contentHash })
    assert.equal(await setting(db, 'four_eyes_threshold'), '90000.00')
    const history = (await browser.get(THRESHOLD)).text
    for (const shown of ['Ada Byron', 'Grace Hopper', 'Large projects']) {
      assert.include(history, shown)
    }
    const lines = await db.from('audit_log').where('target_id', 'four_eyes_threshold').orderBy('id')
    assert.deepEqual(
      lines.map(({ action, actor_id: who }) => [action, who === first.id]),
      [
        ['approval.proposed', true],
        ['setting.changed', false],
        ['approval.approved', false],
      ]
    )
  })

  test('are made stricter at once, and what was proposed of them before is not approved then', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    await browser.get(THRESHOLD)
    await browser.submit(THRESHOLD, { value: '600.00', version: 0, reason: 'Large projects' })
    const { id, contentHash: hash } = await Approval.findByOrFail({ kind: 'setting_change' })
    await browser.get(THRESHOLD)
    await browser.submit(THRESHOLD, { value: '100.00', version: 0, reason: 'A fraud' })
    assert.equal(await setting(db, 'four_eyes_threshold'), '100.00')
    const second = console(await createStaff())
    await second.get(`/console/approvals/${id}`)
    const { text } = await second.submit(`/console/approvals/${id}/approve`, { hash })
    assert.include(text, 'This is not what was proposed any more')
    assert.equal(await setting(db, 'four_eyes_threshold'), '100.00')
  })

  test('are weaker when they are higher, lower, or say more currencies', async ({ assert }) => {
    const browser = console(await createStaff())
    const weaker: Record<string, string> = {
      four_eyes_threshold: '500.01',
      break_block_threshold: '100.00 USD, 100.00 EUR, 100.00 GBP, 1 JPY',
      unknown_lookup_interval_seconds: '599',
      reconcile_grace_minutes: '61',
      in_transit_days: '32',
      console_step_up_minutes: '11',
      console_idle_minutes: '31',
    }
    for (const [name, value] of Object.entries(weaker)) {
      const page = `/console/settings/${name}`
      await browser.get(page)
      const { location } = await browser.post(page, { value, version: 0, reason: 'Because' })
      assert.match(location!, /^\/console\/approvals\//, name)
    }
    assert.isEmpty(await db.from('settings'))
  })

  test('are refused by the database itself, as are versions that are written over', async ({
    assert,
  }) => {
    const row = { name: 'four_eyes_threshold', version: 1, value: '"500.01"', changed_by: 'me' }
    await assert.rejects(() => db.table('settings').insert(row), /No second person/)
    await db.table('settings').insert({ ...row, value: '"0.50"' })
    await assert.rejects(() => db.from('settings').update({ value: '"9"' }), /append-only/)
    await assert.rejects(() => db.from('settings').delete(), /append-only/)
  })
})
