import { test } from '@japa/runner'
import drive from '@adonisjs/drive/services/main'
import db from '@adonisjs/lucid/services/db'
import { changeSetting } from '#escrow/settings'
import { purgePersonalData, RULES } from '#privacy/purge'
import { jobs } from '#jobs/index'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { mailsTo } from '#tests/support/mailbox'
import { aProject, fundedMilestone, pay } from '#tests/support/projects'
import { aClient, aUser, PASSWORD } from '#tests/support/users'
import { BY, run } from '#tests/functional/operations/run'
import { whereItIsSaid } from './dump.js'
import { aFinishedHistory } from './history.js'
import { eraseUser } from '#privacy/erase_user'

/** Moves columns of every row of a table back in time, as if so many days had passed since. */
async function age(table: string, columns: string[], days: number) {
  await db
    .from(table)
    .update(
      Object.fromEntries(
        columns.map((column) => [column, db.raw(`?? - make_interval(days => ?)`, [column, days])])
      )
    )
}

test.group('Retention', (group) => {
  group.each.setup(resetAll)

  test('read notifications go after their window; the numbers go on without a gap', async ({
    assert,
  }) => {
    const { client, freelancer, project } = await fundedMilestone({ payable: false })
    const seqs = async (query = '') =>
      expectData(await api(client).get(`notifications${query}`)).map((row: any) => row.seq)
    const all = await seqs('?after=0')
    assert.isAbove(all.length, 1)
    await age('notifications', ['created_at'], 364)
    expectData(await api(client).post('notifications/read-all', { up_to_seq: all[0] }))
    assert.equal((await purgePersonalData()).notifications, 0)

    await age('notifications', ['created_at'], 2)
    assert.equal((await purgePersonalData()).notifications, 1)
    // The unread ones stay, whatever their age; from the number of one that is gone a client catches up.
    assert.deepEqual(await seqs('?after=0'), all.slice(1))
    assert.deepEqual(await seqs(`?after=${all[0]}`), all.slice(1))

    expectData(await api(client).post('notifications/read-all'))
    await purgePersonalData()
    assert.deepEqual(await seqs('?after=0'), [])
    const body = { body: 'Hello.' }
    expectData(await api(freelancer).post(`projects/${project.id}/messages`, body), 201)
    assert.deepEqual(await seqs('?after=0'), [all.at(-1) + 1])
  })

  test('addresses of invitations that came to nothing go, those of accepted ones stay', async ({
    assert,
  }) => {
    const { project, freelancer } = await fundedMilestone({ payable: false })
    const { client, project: draft } = await aProject()
    const ask = async (email: string) =>
      expectData(await api(client).post(`projects/${draft.id}/invitations`, { email }), 201)
    await ask('first.asked@example.com')
    await ask('second.asked@example.com')
    const columns = ['created_at', 'expires_at', 'responded_at']
    await age('invitations', columns, 29)
    assert.equal((await purgePersonalData()).invitation_addresses, 0)
    await age('invitations', columns, 2)
    assert.equal((await purgePersonalData()).invitation_addresses, 1)
    const said = await whereItIsSaid(['first.asked@example.com'], { job: ['data'] })
    assert.deepEqual(said, [])

    // Pending when it was sent; over since its own end.
    await age('invitations', columns, 14)
    assert.equal((await purgePersonalData()).invitation_addresses, 1)
    assert.equal((await purgePersonalData()).invitation_addresses, 0)
    const kept = await db.from('invitations').where('project_id', project.id).firstOrFail()
    assert.equal(kept.email, freelancer.email)
    const listed = expectData(await api(client).get('invitations'))
    assert.sameMembers(
      listed.map(({ email }: any) => email),
      ['forgotten@erased.invalid', 'forgotten@erased.invalid']
    )
  })

  test('handled webhook events lose their content, are still known, and are not replayed', async ({
    assert,
  }) => {
    await fundedMilestone()
    const events = await db.from('inbox_events').orderBy('id')
    assert.isAbove(events.length, 1)
    const [open] = events
    await db.from('inbox_events').where('id', open.id).update({ status: 'failed' })
    await age('inbox_events', ['received_at'], 91)
    assert.equal((await purgePersonalData()).inbox_payloads, events.length - 1)
    const after = await db.from('inbox_events').whereNot('id', open.id)
    for (const row of after) {
      assert.deepEqual(row.payload, {})
      assert.isNotNull(row.payload_purged_at)
    }
    // What nobody has handled is still to be handled.
    const kept = await db.from('inbox_events').where('id', open.id).firstOrFail()
    assert.deepEqual(kept.payload, open.payload)

    const { exitCode } = await run('inbox:replay', '--rail', 'stripe', '--json', ...BY)
    assert.equal(exitCode, 0)
    const statuses = await db.from('inbox_events').select('status')
    for (const { status } of statuses) assert.include(['handled', 'ignored'], status)
    assert.deepEqual(await breaks(), [])
  })

  test('messages of a project that has long been over go, and not a day before', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone()
    const path = `projects/${project.id}/messages`
    expectData(await api(client).post(path, { body: 'My number is 555-0199.' }), 201)
    const old = async (days: number) => {
      await age('messages', ['created_at'], days)
      await age('activity', ['at'], days)
      await age('projects', ['updated_at'], days)
    }
    // However old, a project that goes on keeps its messages.
    await old(2000)
    assert.equal((await purgePersonalData()).messages, 0)
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await settle()
    await age('activity', ['at'], 1094)
    await age('projects', ['updated_at'], 1094)
    assert.equal((await purgePersonalData()).messages, 0)
    await old(2)
    assert.equal((await purgePersonalData()).messages, 1)
    assert.deepEqual(expectData(await api(freelancer).get(path)), [])
    assert.deepEqual(await whereItIsSaid(['555-0199']), [])
    assert.equal((await purgePersonalData()).messages, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('the file of an export is deleted when its time is over, and one that got stuck is given up', async ({
    assert,
  }) => {
    const client = await aClient()
    expectData(await api(client).post('users/export'), 202)
    await settle()
    const { key } = await db.from('data_exports').firstOrFail()
    await age('data_exports', ['expires_at'], 6)
    assert.equal((await purgePersonalData()).exports, 0)
    await age('data_exports', ['expires_at', 'created_at'], 1)
    assert.equal((await purgePersonalData()).exports, 1)
    await drain()
    assert.isFalse(await drive.use().exists(key))
    const [row] = expectData(await api(client).get('users/exports'))
    assert.equal(row.status, 'expired')

    // Its worker died for the last time and could not say so.
    expectData(await api(client).post('users/export'), 202)
    await db.rawQuery(`DELETE FROM pgboss.job WHERE name = 'prepare_export'`)
    await db.from('data_exports').update({ created_at: db.raw("now() - interval '25 hours'") })
    assert.equal((await purgePersonalData()).exports, 1)
    expectData(await api(client).post('users/export'), 202)
  })

  test('an account that nobody verified or uses is erased, without a mail', async ({ assert }) => {
    const [unused, used, verified] = [
      await aUser({ verified: false }),
      await aUser({ verified: false }),
      await aUser({ verified: true }),
    ]
    expectData(await api(used).get('users/profile'))
    await age('users', ['created_at'], 89)
    assert.equal((await purgePersonalData()).unverified_accounts, 0)
    await age('users', ['created_at'], 2)
    assert.equal((await purgePersonalData()).unverified_accounts, 1)
    const left = await db.from('users').whereNull('erased_at').select('id')
    assert.sameMembers(
      left.map(({ id }) => id),
      [used.id, verified.id]
    )
    const row = await db.from('erasures').where('user_id', unused.id).firstOrFail()
    assert.equal(row.requested_by, 'retention')
    assert.deepEqual(await mailsTo(unused.email), [])
  })

  test('goes on in short transactions until nothing is left, and every window is a setting', async ({
    assert,
  }) => {
    const client = await aClient()
    await db.rawQuery(
      `INSERT INTO notifications (user_id, seq, kind, title, body, read_at, created_at)
       SELECT ?, n, 'message.received', 'T', 'B', now(), now() - interval '31 days'
         FROM generate_series(1, 25) n`,
      [client.id]
    )
    await db.transaction((trx) => changeSetting(trx, 'notification_retention_days', 30, 'test'))
    const two = await Promise.all([
      purgePersonalData(undefined, 10),
      purgePersonalData(undefined, 10),
    ])
    assert.equal(two[0].notifications + two[1].notifications, 25)
    assert.lengthOf(new Set(RULES.map(({ window }) => window)), RULES.length)
    assert.exists(jobs.find(({ name }) => name === 'purge_personal_data')?.schedule)
  })

  test('after an erasure and all windows nothing that says who it was is left anywhere', async ({
    assert,
  }) => {
    const { client, freelancer, other } = await aFinishedHistory()
    const path = `projects/${(await db.from('messages').firstOrFail()).project_id}/messages`
    const body = `Regards, ${client.identity.lastName}`
    expectData(await api(client.user).post(path, { body }), 201)
    for (const { user } of [client, freelancer]) await eraseUser(user.id, { by: 'user' })
    await drain()
    const words = [client, freelancer].flatMap(({ identity }) => Object.values(identity))
    // Not vacuous: both kept places say something.
    const before = (await whereItIsSaid(words)).join('\n')
    assert.match(before, /^messages/m)
    assert.match(before, /^inbox_events/m)

    await age('inbox_events', ['received_at'], 100)
    await age('messages', ['created_at'], 1100)
    await age('activity', ['at'], 1100)
    await age('projects', ['updated_at'], 1100)
    await purgePersonalData()
    assert.deepEqual(await whereItIsSaid(words), [])
    assert.deepEqual(await breaks(), [])
    expectData(await api(other).get('invitations'))
  })

  test('sign-ins, links and half-done changes that have ended go after their window; live ones stay', async ({
    assert,
  }) => {
    const user = await aClient()
    const signIn = async () =>
      expectData(await api().post('auth/login', { email: user.email, password: PASSWORD }))
    await signIn()
    expectData(await api().post('auth/reset-password', { email: user.email }), 202)
    const change = { email: 'another@example.com', password: PASSWORD }
    expectData(await api(user).post('auth/change-email', change), 202)
    await drain()
    const purge = () =>
      jobs.find(({ name }) => name === 'purge_expired_sign_ins')!.handle({}, {} as never)
    const left = async () => {
      const tables = ['sessions', 'single_use_tokens', 'email_changes']
      return Promise.all(tables.map(async (table) => (await db.from(table)).length))
    }

    const [sessions] = await left()
    await db.from('sessions').update({ revoked_at: db.raw('now()'), revoked_reason: 'logout' })
    await age('single_use_tokens', ['created_at', 'expires_at'], 30)
    await age('email_changes', ['created_at', 'expires_at'], 29)
    await age('sessions', ['created_at', 'revoked_at'], 29)
    await purge()
    assert.deepEqual(await left(), [sessions, 1, 1])

    await age('single_use_tokens', ['created_at', 'expires_at'], 2)
    await age('email_changes', ['created_at', 'expires_at'], 3)
    await age('sessions', ['created_at', 'revoked_at'], 2)
    await signIn()
    await purge()
    assert.deepEqual(await left(), [1, 0, 0])
    assert.lengthOf(await db.from('refresh_tokens'), 1)
  })
})
