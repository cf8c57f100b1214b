import { test } from '@japa/runner'
import ace from '@adonisjs/core/services/ace'
import db from '@adonisjs/lucid/services/db'
import SettingsSet from '#commands/settings_set'
import { changeSetting, InvalidSetting, setting, settingNames, settings } from '#escrow/settings'
import { resetAll } from '#tests/support/database'
import { approvedAfter, member } from '#tests/support/two_people'

const BY = ['--by', 'Vera Stein', '--reason', 'Ticket 812']

const run = async (...args: string[]) => {
  const command = await ace.create(SettingsSet, args)
  command.ui.switchMode('raw')
  await command.exec()
  return command.exitCode ?? 0
}

test.group('Settings', (group) => {
  group.each.setup(resetAll)

  test('a setting nobody has changed has its default', async ({ assert }) => {
    assert.equal(await setting(db, 'platform_fee_bps'), 1000)
    assert.equal(await setting(db, 'four_eyes_threshold'), '500.00')
    assert.deepEqual(await setting(db, 'review_reminder_days'), [7, 3, 1])
    const all = await settings(db)
    assert.sameMembers(Object.keys(all), settingNames())
    assert.equal(all.inspection_days, 14)
  })

  test('a change is a new version and leaves the old one to be read', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'platform_fee_bps', 900, 'staff:1'))
    await db.transaction((trx) => changeSetting(trx, 'platform_fee_bps', 800, 'staff:2'))
    assert.equal(await setting(db, 'platform_fee_bps'), 800)
    assert.equal((await settings(db)).platform_fee_bps, 800)
    const rows = await db.from('settings').orderBy('version')
    assert.deepEqual(
      rows.map(({ version, value, changed_by }) => [version, value, changed_by]),
      [
        [1, 900, 'staff:1'],
        [2, 800, 'staff:2'],
      ]
    )
  })

  test('a change counts inside its transaction and nowhere if that rolls back', async ({
    assert,
  }) => {
    const trx = await db.transaction()
    await changeSetting(trx, 'inspection_days', 7, 'staff:1')
    assert.equal(await setting(trx, 'inspection_days'), 7)
    assert.equal(await setting(db, 'inspection_days'), 14)
    await trx.rollback()
    assert.equal(await setting(db, 'inspection_days'), 14)
  })

  test('20 changes at the same moment are 20 versions', async ({ assert }) => {
    const versions = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        db.transaction((trx) => changeSetting(trx, 'payout_hold_days', n, `staff:${n}`))
      )
    )
    assert.deepEqual(
      versions.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, n) => n + 1)
    )
  })

  test('a value that makes no sense is refused and nothing is written', async ({ assert }) => {
    const attempts: [any, any][] = [
      ['inspection_days', 0],
      ['inspection_days', 31],
      ['inspection_days', 1.5],
      ['inspection_days', '14'],
      ['inspection_days', null],
      ['platform_fee_bps', 10_001],
      ['four_eyes_threshold', 500],
      ['four_eyes_threshold', '500.001'],
      ['four_eyes_threshold', '-1.00'],
      ['review_reminder_days', 7],
      ['review_reminder_days', [7, 'x']],
    ]
    for (const [name, value] of attempts) {
      await assert.rejects(
        () => db.transaction((trx) => changeSetting(trx, name, value, 'staff:1')),
        InvalidSetting
      )
    }
    assert.isEmpty(await db.from('settings'))
  })

  test('settings:set changes a setting with a line of the audit log, and says why it will not', async ({
    assert,
  }) => {
    assert.equal(await run('four_eyes_threshold', '250', ...BY), 0)
    assert.equal(await setting(db, 'four_eyes_threshold'), '250.00')
    assert.equal(await run('review_reminder_days', '[5,2]', ...BY), 0)
    assert.deepEqual(await setting(db, 'review_reminder_days'), [5, 2])
    assert.equal(await run('inspection_days', 'ten', ...BY), 1)
    for (const wrong of [
      ['inspection_days', ...BY],
      ['inspection_days', '10'],
      ['inspection_days', '10', '--by', 'Vera Stein'],
      ['no_such_setting', '1', ...BY],
    ]) {
      assert.equal(await run(...wrong), 2)
    }
    assert.equal(await run(), 0)
    const lines = await db
      .from('audit_log')
      .join('audit_words', 'audit_words.audit_id', 'audit_log.id')
      .orderBy('audit_log.id')
    assert.deepEqual(
      lines.map((line) => [line.actor_type, line.target_id, line.operator, line.reason]),
      [
        ['operator', 'four_eyes_threshold', 'Vera Stein', 'Ticket 812'],
        ['operator', 'review_reminder_days', 'Vera Stein', 'Ticket 812'],
      ]
    )
    assert.deepEqual(lines[0].before, { version: 0, value: '500.00' })
    assert.deepEqual(lines[0].after, { version: 1, value: '250.00' })
  })

  test('settings:set only proposes what protects money less, in the name of an admin', async ({
    assert,
  }) => {
    const admin = await member('admin')
    const support = await member('support')
    const why = ['--reason', 'Large projects']
    assert.equal(await run('four_eyes_threshold', '750', '--by', 'Vera Stein', ...why), 1)
    assert.equal(await run('four_eyes_threshold', '750', '--by', support.email, ...why), 1)
    assert.isEmpty(await db.from('approvals'))
    assert.equal(await run('four_eyes_threshold', '750', '--by', admin.email, ...why), 0)
    assert.equal(await setting(db, 'four_eyes_threshold'), '500.00')
    await approvedAfter(admin.email)
    assert.equal(await setting(db, 'four_eyes_threshold'), '750.00')
  })
})
