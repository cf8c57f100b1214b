import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import {
  changedSince,
  problemsOf,
  readMigrations,
  readReleased,
} from '../../bin/surroundings/migration_rules.js'

const all = () => readMigrations(app.makePath('database/migrations'))

const migration = (
  sql: string,
  statics = ''
) => `import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  ${statics}
  async up() {
    this.schema.raw(\`${sql}\`)
  }

  async down() {
    this.schema.raw('DROP TABLE wishes')
  }
}
`
const LOCK = `SET LOCAL lock_timeout = '3s';`

test.group('Migrations', () => {
  test('those that were released are as they were', ({ assert }) => {
    assert.deepEqual(changedSince(readReleased(app.makePath()), all()), [])
  })

  test('those since then may run while the release before is at work', ({ assert }) => {
    const { migrations } = readReleased(app.makePath())
    const fresh = [...all()].filter(([file]) => !(file in migrations))
    const problems = fresh.flatMap(([file, text]) =>
      problemsOf(text).map((problem) => `${file} ${problem}`)
    )
    assert.deepEqual(problems, [])
  })

  test('a released one that is changed, taken away or preceded by a new one is found', ({
    assert,
  }) => {
    const released = readReleased(app.makePath())
    const migrations = all()
    migrations.set('0004_create_ledger.ts', `${migrations.get('0004_create_ledger.ts')} `)
    migrations.delete('0005_create_job_queue.ts')
    migrations.set('0012_late.ts', migration('SELECT 1'))
    assert.deepEqual(changedSince(released, migrations), [
      '0004_create_ledger.ts was released and has changed since',
      '0005_create_job_queue.ts was released and is gone',
      '0012_late.ts is new and goes before 0030_guard_what_two_decide.ts, which was released',
    ])
  })

  const refused: [string, RegExp][] = [
    ['DROP TABLE messages', /takes away what/],
    ['ALTER TABLE projects DROP COLUMN title', /drops a column/],
    ['ALTER TABLE projects DROP title', /drops a column/],
    ['TRUNCATE messages', /takes away rows/],
    ['ALTER TABLE projects RENAME COLUMN title TO name', /renames/],
    ['ALTER TABLE projects RENAME TO jobs', /renames/],
    ['ALTER TABLE projects ALTER COLUMN title SET NOT NULL', /forbids NULL in title/],
    ['ALTER TABLE projects ADD COLUMN colour text NOT NULL', /does not fill/],
    [
      'ALTER TABLE projects ADD COLUMN shade text, ADD COLUMN colour text NOT NULL',
      /does not fill/,
    ],
    ['ALTER TABLE projects ALTER COLUMN title TYPE varchar(10)', /changes the type/],
    ['ALTER TABLE projects ALTER title SET DATA TYPE varchar(10)', /changes the type/],
    ['CREATE INDEX projects_title ON projects (title)', /without CONCURRENTLY/],
    ['CREATE UNIQUE INDEX projects_title ON projects (title)', /without CONCURRENTLY/],
    ['CREATE INDEX CONCURRENTLY projects_title ON projects (title)', /disableTransactions/],
    [`ALTER TABLE projects ADD CONSTRAINT short CHECK (title <> '')`, /CHECK without NOT VALID/],
    [
      'ALTER TABLE projects ADD CONSTRAINT mine FOREIGN KEY (a) REFERENCES users',
      /FOREIGN KEY without NOT VALID/,
    ],
    ['ALTER TABLE projects ADD CONSTRAINT one UNIQUE (title)', /UNIQUE without USING INDEX/],
  ]
  for (const [sql, words] of refused) {
    test(`refused: ${sql}`, ({ assert }) => {
      const problems = problemsOf(migration(`${LOCK} ${sql};`))
      assert.lengthOf(problems, 1, problems.join('\n'))
      assert.match(problems[0], words)
    })
  }

  test('refused: to touch a table in use without lock_timeout, and what no rule can read', ({
    assert,
  }) => {
    const untimed = problemsOf(migration('ALTER TABLE projects ADD COLUMN colour text'))
    assert.lengthOf(untimed, 1)
    assert.match(untimed[0], /lock_timeout/)
    const late = problemsOf(migration(`ALTER TABLE projects ADD COLUMN colour text; ${LOCK}`))
    assert.match(late.join(), /lock_timeout/)
    const built = migration('SELECT 1').replace('raw(`SELECT 1`)', `dropTable('messages')`)
    assert.match(problemsOf(built).join(), /this.schema.raw/)
  })

  test('allowed: to expand, and to make what is new as one likes', ({ assert }) => {
    const expands = migration(`${LOCK}
      -- DROP TABLE messages: a comment
      CREATE TABLE wishes (id uuid PRIMARY KEY, of text NOT NULL CHECK (of <> 'DROP TABLE x'));
      CREATE INDEX wishes_of ON wishes (of);
      CREATE TRIGGER kept BEFORE DELETE ON wishes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      ALTER TABLE projects ADD COLUMN colour text, ADD COLUMN shade text NOT NULL DEFAULT '';
      ALTER TABLE projects ADD CONSTRAINT coloured CHECK (colour IS NOT NULL) NOT VALID;
      ALTER TABLE projects VALIDATE CONSTRAINT coloured;
      ALTER TABLE projects ALTER COLUMN colour SET NOT NULL;
      ALTER TABLE projects DROP CONSTRAINT coloured;
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DROP TABLE users; END $$;
    `)
    assert.deepEqual(problemsOf(expands), [])
    const index = 'CREATE INDEX CONCURRENTLY x ON projects (title)'
    assert.deepEqual(problemsOf(migration(index, 'static disableTransactions = true')), [])
  })

  test('allowed: to contract, if it names the release that stopped using it, but not to hold locks', ({
    assert,
  }) => {
    const contract = `static contract = 'd88e1a7'`
    const drop = `${LOCK} ALTER TABLE projects DROP COLUMN title;`
    assert.deepEqual(problemsOf(migration(drop, contract)), [])
    assert.lengthOf(problemsOf(migration(drop, `static contract = ''`)), 1)
    const index = `${LOCK} CREATE INDEX x ON projects (title)`
    assert.lengthOf(problemsOf(migration(index, contract)), 1)
  })
})
