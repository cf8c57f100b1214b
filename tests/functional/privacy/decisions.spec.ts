import { readFile } from 'node:fs/promises'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import app from '@adonisjs/core/services/app'
import { isSettingName } from '#escrow/settings'
import { EXPORT_KINDS } from '#privacy/export_kinds'
import { DECISIONS, DELETED_WITH_USER } from '#privacy/personal_data'
import { RULES } from '#privacy/purge'

test.group('What is decided about personal data', () => {
  test('every table of the database has a decision for export and erasure', async ({ assert }) => {
    const { rows } = await db.rawQuery(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`
    )
    assert.sameMembers(
      rows.map(({ name }: { name: string }) => name),
      Object.keys(DECISIONS),
      'a new table needs a line in app/privacy/personal_data.ts, and a thought first'
    )
  })

  test('a table that cascades from users is one whose rows go, or that is emptied', async ({
    assert,
  }) => {
    const { rows } = await db.rawQuery(
      `SELECT c.conrelid::regclass::text AS name, a.attname AS column
         FROM pg_constraint c
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype = 'c'`
    )
    const gone = DELETED_WITH_USER.map(({ table, column }) => `${table}.${column}`)
    assert.includeMembers(
      [...gone, 'profiles.user_id'],
      rows.map(({ name, column }: { name: string; column: string }) => `${name}.${column}`)
    )
  })

  test('the export has the kinds that the decisions name, each of the tables it says', ({
    assert,
  }) => {
    const decided = Object.entries(DECISIONS).flatMap(([table, { export: where }]) =>
      'in' in where ? [`${where.in}: ${table}`] : []
    )
    const made = EXPORT_KINDS.flatMap(({ name, tables }) => tables.map((t) => `${name}: ${t}`))
    assert.sameMembers(made, decided)
  })

  test('docs/privacy.md names every window and every table with personal data', async ({
    assert,
  }) => {
    const text = await readFile(app.makePath('docs/privacy.md'), 'utf8')
    const windows = [
      ...RULES.map(({ window }) => window),
      'unverified_account_days',
      'sign_in_retention_days',
      'exports_per_day',
    ]
    for (const name of windows) {
      assert.isTrue(isSettingName(name))
      assert.include(text, `\`${name}\``)
    }
    for (const { name } of EXPORT_KINDS) assert.include(text, `\`${name}\``)
  })
})
