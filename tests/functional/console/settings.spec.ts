import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
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
    assert.include(text, 'must be a whole number from 1 to 30')
    assert.isEmpty(await db.from('settings'))
    assert.isEmpty(await db.from('audit_log'))
  })
})
