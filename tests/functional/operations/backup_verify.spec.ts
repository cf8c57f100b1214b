import { test } from '@japa/runner'
import { Secret } from '@adonisjs/core/helpers'
import db from '@adonisjs/lucid/services/db'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import { recordAudit } from '#audit/record_audit'
import { sealAudit } from '#audit/seal'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { settle } from '#tests/support/jobs'
import { OPERATOR } from '#tests/support/operator'
import { activeProject, fund, pay, submittedMilestone } from '#tests/support/projects'
import {
  aceProcess,
  copyDatabase,
  databaseNamed,
  dropDatabase,
  onDatabase,
} from '#tests/support/restored'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { run } from './run.js'

const BACKUP = 'safesend_restored'

const verify = (...args: string[]) =>
  aceProcess(['backup:verify', '--json', ...args], {
    env: { BACKUP_DATABASE_URL: databaseNamed(BACKUP) },
  })

/** As somebody with every right does, or a restore that went wrong. */
const tamper = (sql: string) =>
  onDatabase(BACKUP, async (client) => {
    await client.query('SET session_replication_role = replica')
    await client.query(sql)
  })

test.group('backup:verify', (group) => {
  group.tap((each) => each.timeout(60_000))
  group.each.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
    return () => dropDatabase(BACKUP)
  })

  test('finds a whole backup whole, and lists what the providers did that it lacks', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    const later = await submittedMilestone({ provider: 'paypal' })
    const { id: depositId } = await db
      .from('transactions')
      .where({ transaction_type: 'deposit', rail: 'paypal' })
      .firstOrFail()
    await copyDatabase(BACKUP)
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    expectData(await pay(later.client, `milestones/${later.milestone.id}/approve`), 201)
    await settle()
    const fresh = await activeProject()
    const deposit = await fund(fresh.client, fresh.milestones)

    const { code, json, output } = await verify()
    assert.equal(code, 0, output)
    assert.isTrue(json.ok)
    assert.deepEqual(json.broken, [])
    const [stripe, paypal] = json.rails
    const what = (lost: { kind: string; amount: string }[]) =>
      lost.map(({ kind, amount }) => `${kind} ${amount}`).toSorted()
    assert.deepEqual(what(stripe.lost), ['deposit 970.70', 'payout -900.00'])
    const [paidIn, paidOut] = ['deposit', 'payout'].map((kind) =>
      stripe.lost.find((each: { kind: string }) => each.kind === kind)
    )
    assert.include(paidIn, { transaction_id: deposit.id, known: false })
    assert.include(paidOut, { source: sandbox.transfers[0].id, known: false })
    assert.deepEqual(
      paypal.lost.map(({ kind }: { kind: string }) => kind),
      ['payout']
    )
    assert.equal(paypal.lost[0].source, paypalSandbox.payoutItems[0].transaction_id)
    assert.deepInclude(stripe.lost_sums, {
      kind: 'payout',
      currency: 'USD',
      count: 1,
      amount: '-900.00',
    })
    assert.equal(json.tables.find(({ table }: any) => table === 'milestones').rows, 2)
    assert.isTrue(new Date(json.until) < new Date())
    // It is about the copy, and the copy has it.
    const known = await onDatabase(BACKUP, (pg) =>
      pg.query('SELECT status FROM transactions WHERE id = $1', [depositId])
    )
    assert.equal(known.rows[0].status, 'completed')
  })

  test('needs no right to write', async ({ assert }) => {
    await submittedMilestone()
    await copyDatabase(BACKUP)
    await onDatabase(BACKUP, async (client) => {
      await client.query('DROP ROLE IF EXISTS reader')
      await client.query(`CREATE ROLE reader LOGIN PASSWORD 'only' IN ROLE pg_read_all_data`)
      await client.query(`GRANT TEMPORARY ON DATABASE ${BACKUP} TO reader`)
    })
    const url = new URL(databaseNamed(BACKUP))
    url.username = 'reader'
    url.password = 'only'
    const { code, json, output } = await aceProcess(
      ['backup:verify', '--json', '--database-url=-'],
      { input: `${url.href}\n` }
    )
    await dropDatabase(BACKUP)
    await onDatabase('postgres', (client) => client.query('DROP ROLE reader'))
    assert.equal(code, 0, output)
    assert.isTrue(json.ok)
    assert.lengthOf(json.rails, 2)
  })

  test('names what a restore lost, and what somebody changed', async ({ assert }) => {
    await submittedMilestone()
    await db.transaction((trx) =>
      recordAudit(trx, { ...OPERATOR, action: 'payout.held', target: { type: 'rail', id: 'x' } })
    )
    await sealAudit()
    await copyDatabase(BACKUP)
    await tamper(`
      ALTER TABLE postings DISABLE TRIGGER append_only;
      ALTER TABLE milestones DROP CONSTRAINT milestones_amount_check;
      DROP INDEX users_email_unique;
      UPDATE audit_log SET action = 'payout.let_go';
      DELETE FROM journal_entries WHERE kind = 'deposit_captured';
      UPDATE postings SET amount = amount + 1 WHERE ctid = (SELECT max(ctid) FROM postings);
    `)
    const { code, json } = await verify('--offline')
    assert.equal(code, 1)
    assert.isFalse(json.ok)
    const broken: string = json.broken.join('\n')
    for (const expected of [
      /trigger append_only on postings is switched off/,
      /constraint milestones_amount_check on milestones is missing/,
      /index users_email_unique on users is missing/,
      /zero_sum/,
      /entry_complete/,
      /entry_unchanged/,
      /audit log: The line .* was changed/,
    ]) {
      assert.match(broken, expected)
    }
    assert.isNull(json.rails)
  })

  test('finds sequences that were restored without their position', async ({ assert }) => {
    await submittedMilestone()
    await copyDatabase(BACKUP)
    await tamper(`SELECT setval(pg_get_serial_sequence('journal_entries', 'id'), 1)`)
    const { code, json } = await verify('--offline')
    assert.equal(code, 1)
    assert.match(json.broken.join(), /journal_entries\.id goes on with 2/)
  })

  test('finds what was wrong before the backup already, and tells it from what is lost', async ({
    assert,
  }) => {
    sandbox.adjustBalance({ amount: -700 })
    await submittedMilestone()
    await copyDatabase(BACKUP)
    // As if business had gone on for longer than the books may follow the provider.
    await tamper(`UPDATE activity SET at = now() + interval '2 hours'`)
    const { code, json, output } = await verify()
    assert.equal(code, 1)
    assert.lengthOf(json?.broken ?? [], 1, output)
    assert.match(json.broken[0], /unknown account, -7.00 USD/)
    assert.deepEqual(json.rails[0].lost, [])
  })

  test('says so when the backup is older than the release, and breaks on one that is newer', async ({
    assert,
  }) => {
    await copyDatabase(BACKUP)
    await tamper(`DELETE FROM adonis_schema WHERE id = (SELECT max(id) FROM adonis_schema)`)
    const older = await verify('--offline')
    assert.lengthOf(older.json.migrations_missing, 1)
    await tamper(
      `INSERT INTO adonis_schema (name, batch) VALUES ('database/migrations/9999_later', 9)`
    )
    const newer = await verify('--offline')
    assert.equal(newer.code, 1)
    assert.match(newer.json.broken.join(), /9999_later ran there and is not in this release/)
  })

  test('keeps a password out of the command line, and says what is wrong with an address', async ({
    assert,
    cleanup,
  }) => {
    cleanup(() => setVariable('BACKUP_DATABASE_URL', undefined))
    const cases: [string[], string | undefined, number, RegExp][] = [
      [
        ['--database-url', 'postgres://me:hunter2@127.0.0.1/x'],
        undefined,
        2,
        /for everybody to read/,
      ],
      [['--database-url', 'mysql://127.0.0.1/x'], undefined, 2, /must be like postgres:/],
      [[], undefined, 2, /Set BACKUP_DATABASE_URL/],
      [[], databaseNamed('safesend_test'), 2, /says nothing about a backup/],
      [[], databaseNamed('postgres'), 1, /no database of SafeSend/],
      [[], 'postgres://me:hunter2@127.0.0.1:1/lost', 1, /127\.0\.0\.1:1\/lost does not answer/],
    ]
    for (const [args, url, expected, words] of cases) {
      setVariable('BACKUP_DATABASE_URL', url && new Secret(url))
      const { exitCode, output } = await run('backup:verify', ...args)
      assert.equal(exitCode, expected, output)
      assert.match(output, words)
      assert.notInclude(output, 'hunter2')
    }
  })

  test('exits with 3 while a provider gives no answer', async ({ assert }) => {
    await submittedMilestone()
    await copyDatabase(BACKUP)
    const { code, json } = await aceProcess(['backup:verify', '--json'], {
      env: {
        BACKUP_DATABASE_URL: databaseNamed(BACKUP),
        STRIPE_API_BASE: 'http://127.0.0.1:1',
        STRIPE_TIMEOUT_MS: '500',
      },
    })
    assert.equal(code, 3)
    assert.isNull(json.ok)
    assert.match(json.not_known.join(), /stripe gave no answer/)
  })
})
