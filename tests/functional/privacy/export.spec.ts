import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@japa/runner'
import drive from '@adonisjs/drive/services/main'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { EXPORT_KINDS } from '#privacy/export_kinds'
import { eraseUser } from '#privacy/erase_user'
import { prepareExport } from '#privacy/prepare_export'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { fundedMilestone } from '#tests/support/projects'
import { aClient, PASSWORD } from '#tests/support/users'
import { unzip } from '#tests/support/zip'
import { aFinishedHistory } from './history.js'

/** Where it is not `id`. */
const PRIMARY_KEYS: Record<string, string> = {
  profiles: 'user_id',
  payouts: 'transaction_id',
  mfa_authenticators: 'user_id',
  notification_preferences: 'md5(category)::uuid',
}

async function exported(user: User) {
  const { id } = expectData(await api(user).post('users/export'), 202)
  await settle()
  const [latest] = expectData(await api(user).get('users/exports'))
  const { url } = expectData(await api(user).get(`users/exports/${id}/download`))
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  const entries = await unzip(bytes)
  const rows = (name: string): any[] => JSON.parse(String(entries.get(`${name}.json`)))
  return { id: id as string, latest, url: url as string, response, bytes, entries, rows }
}

test.group('A copy of my data', (group) => {
  group.each.setup(resetAll)
  group.each.setup(emptyMailboxes)

  test('has every row of mine in every table, and nobody else finds a secret in it', async ({
    assert,
  }) => {
    const history = await aFinishedHistory()
    for (const side of ['client', 'freelancer'] as const) {
      const { user, identity } = history[side]
      const other = side === 'client' ? history.freelancer : history.client
      const { latest, response, bytes, entries, rows } = await exported(user)

      assert.equal(latest.status, 'ready')
      assert.equal(latest.size, bytes.length)
      assert.equal(latest.sha256, createHash('sha256').update(bytes).digest('hex'))
      assert.match(response.headers.get('content-disposition')!, /attachment/)
      const names = [...EXPORT_KINDS.map(({ name }) => `${name}.json`), 'README.txt']
      assert.includeMembers([...entries.keys()], names)
      for (const { name, about } of EXPORT_KINDS) {
        assert.include(String(entries.get('README.txt')), `${name}.json`)
        assert.include(String(entries.get('README.txt')), about)
      }

      // Whatever refers to the user is there: each table asked by each of its references.
      const { rows: references } = await db.rawQuery(
        `SELECT c.conrelid::regclass::text AS table, a.attname AS column
           FROM pg_constraint c
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
          WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass`
      )
      let found = 0
      for (const { table, column } of references) {
        const kind = EXPORT_KINDS.find(({ tables }) => tables[0] === table)
        if (!kind) continue
        const key = PRIMARY_KEYS[table] ?? 'id'
        const ids = await db
          .from(table)
          .where(column, user.id)
          .select(db.raw(`${key} AS id`))
        const written = rows(kind.name).map(({ id }) => id)
        assert.includeMembers(
          written,
          ids.map(({ id }) => id),
          `${table}.${column}`
        )
        found += ids.length
      }
      assert.isAbove(found, 20)

      const all = [...entries].map(([, content]) => String(content)).join('\n')
      for (const word of [identity.email, identity.bio, identity.skill, identity.ip]) {
        assert.include(all, word)
      }
      const [account] = rows('account')
      assert.deepInclude(account, { id: user.id, email: identity.email, has_password: true })
      const [profile] = rows('profile')
      assert.deepInclude(profile, { hourly_rate: '61.50', currency: 'USD' })
      const amounts = rows('transactions').map(({ amount, currency }) => `${amount} ${currency}`)
      assert.includeMembers(amounts, ['150.00 USD', '70.00 USD'])
      assert.sameMembers(
        rows('messages').map(({ body }) => body),
        ['Shall we begin?', 'Shall we begin?']
      )

      // Not what opens a door, and of the other party only what the product shows.
      const secrets = await db.rawQuery(
        `SELECT token_hash AS secret FROM refresh_tokens UNION ALL SELECT token_hash FROM single_use_tokens
          UNION ALL SELECT token_hash FROM invitations UNION ALL SELECT password FROM users WHERE password IS NOT NULL`
      )
      for (const { secret } of secrets.rows) assert.notInclude(all, secret)
      const { bio, skill, portfolio, userAgent } = other.identity
      for (const word of [bio, skill, portfolio, userAgent]) assert.notInclude(all, word)
      if (side === 'freelancer') assert.notInclude(all, other.identity.email)
      // A payout is the business of who is paid.
      const payouts = rows('transactions').filter((row) => row.transaction_type === 'payout')
      assert.lengthOf(payouts, side === 'client' ? 0 : 2)
    }
  })

  test('is told by mail, and only its owner gets at it, for a while', async ({ assert }) => {
    const [client, stranger] = [await aClient(), await aClient()]
    const { id, url } = await exported(client)
    const mail = (await mailsTo(client.email)).at(-1)!
    assert.equal(mail.subject, 'Your data is ready')
    assert.include(mail.text, `/exports/${id}`)
    // The mail alone is no key.
    assert.notInclude(mail.text, 'signature')

    expectProblem(await api(stranger).get(`users/exports/${id}/download`), 404)
    expectProblem(await api().get(`users/exports/${id}/download`), 401)
    assert.deepEqual(expectData(await api(stranger).get('users/exports')), [])
    assert.equal((await fetch(url.replace(/signature=[^&]+/, 'signature=x'))).status, 403)

    await db.from('data_exports').update({ expires_at: db.raw("now() - interval '1 second'") })
    const refused = await api(client).get(`users/exports/${id}/download`)
    assert.equal(expectProblem(refused, 409, 'wrong_state').current_status, 'expired')
    const [listed] = expectData(await api(client).get('users/exports'))
    assert.equal(listed.status, 'expired')
  })

  test('is one at a time, and a few a day', async ({ assert }) => {
    const client = await aClient()
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => api(client).post('users/export'))
    )
    assert.sameMembers(
      asked.map(({ status }) => status),
      [202, 409, 409, 409, 409, 409]
    )
    for (let more = 0; more < 2; more++) {
      await drain()
      expectData(await api(client).post('users/export'), 202)
    }
    await drain()
    const refused = await api(client).post('users/export')
    const { retry_after: seconds } = expectProblem(refused, 429, 'too_many_exports')
    assert.isTrue(seconds > 86_300 && seconds <= 86_400, String(seconds))
    assert.equal(refused.headers.get('retry-after'), String(seconds))
    await db.from('data_exports').update({ created_at: db.raw("now() - interval '25 hours'") })
    expectData(await api(client).post('users/export'), 202)
  })

  test('is of one moment, and small in memory however long the list', async ({ assert }) => {
    const client = await aClient()
    await db.rawQuery(
      `INSERT INTO notifications (user_id, seq, kind, title, body, data)
       SELECT ?, n, 'message.received', 'T', repeat('x', 200), '{}' FROM generate_series(1, 2300) n`,
      [client.id]
    )
    const { rows } = await exported(client)
    const seqs = rows('notifications').map(({ seq }) => Number(seq))
    assert.lengthOf(new Set(seqs), 2300)
  })

  test('has the files, too, by names that no archive takes for a path', async ({ assert }) => {
    const { freelancer, client, milestone } = await fundedMilestone({ payable: false })
    await drive.use().put('avatars/me.webp', 'a picture')
    await db.from('profiles').where('user_id', freelancer.id).update({ avatar: 'me.webp' })
    const upload = async (name: string, scan: string) => {
      const key = `deliverables/${milestone.id}/${name.length}`
      await drive.use().put(key, `this is ${scan}`)
      const [{ id }] = await db
        .table('deliverables')
        .returning('id')
        .insert({
          milestone_id: milestone.id,
          uploaded_by: freelancer.id,
          name,
          size: 9,
          content_type: 'text/plain',
          sha256: '0'.repeat(64),
          storage_key: key,
          scan_status: scan,
          scan_signature: scan === 'infected' ? 'Eicar' : null,
        })
      return { id: id as string, key }
    }
    const { id, key } = await upload('../../etc/passwd', 'clean')
    await upload('virus.exe', 'infected')
    const { entries, rows } = await exported(freelancer)
    assert.equal(String(entries.get('files/avatar/me.webp')), 'a picture')
    const files = [...entries.keys()].filter((name) => name.startsWith('files/deliverables/'))
    assert.lengthOf(files, 1)
    assert.match(files[0], new RegExp(`^files/deliverables/${id}/[^/]+$`))
    assert.equal(String(entries.get(files[0])), 'this is clean')
    assert.lengthOf(rows('deliverables'), 2)
    // Not handed in yet: none of the client's business.
    assert.deepEqual((await exported(client)).rows('deliverables'), [])

    await db.from('projects').update({ status: 'cancelled' })
    await db.from('milestones').update({ closed_at: db.raw('now()'), closed_reason: 'refunded' })
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.rawQuery("UPDATE ledger_accounts SET balance = 0 WHERE kind = 'escrow'")
    })
    await eraseUser(freelancer.id, { by: 'user' })
    await drain()
    for (const each of [key, 'avatars/me.webp']) assert.isFalse(await drive.use().exists(each))
    assert.deepEqual(await db.from('deliverables'), [])
  })

  test('keeps no snapshot of the database open while its files are written', async ({
    assert,
    cleanup,
  }) => {
    const client = await aClient()
    await drive.use().put('avatars/me.webp', 'a picture')
    await db.from('profiles').where('user_id', client.id).update({ avatar: 'me.webp' })
    const disk = drive.use()
    const { getStream } = disk
    cleanup(() => void Object.assign(disk, { getStream }))
    let open: unknown
    disk.getStream = async (key) => {
      // The rows were read before this: so their transaction ends now, or is kept until the file is written.
      await sleep(200)
      const { rows } = await db.rawQuery(
        `SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xmin IS NOT NULL`
      )
      open = rows[0].n
      return getStream.call(disk, key)
    }
    const { entries } = await exported(client)
    assert.equal(open, 0)
    assert.equal(String(entries.get('files/avatar/me.webp')), 'a picture')
  })

  test('fails as a whole when a part of it cannot be read, and may be asked for again', async ({
    assert,
  }) => {
    const client = await aClient()
    await db.from('profiles').where('user_id', client.id).update({ avatar: 'none.webp' })
    const { id } = expectData(await api(client).post('users/export'), 202)
    const { dead } = await drain({ mayFail: true, retryNow: true })
    assert.equal(dead, 1)
    const row = await db.from('data_exports').where('id', id).firstOrFail()
    assert.equal(row.state, 'failed')
    assert.isFalse(await drive.use().exists(row.key))
    await db.from('profiles').where('user_id', client.id).update({ avatar: null })
    await exported(client)
  })

  test('goes with the account, also one that is being prepared', async ({ assert }) => {
    const client = await aClient()
    const { id } = await exported(client)
    const { key } = await db.from('data_exports').where('id', id).firstOrFail()
    const { id: second } = expectData(await api(client).post('users/export'), 202)
    const { key: pending } = await db.from('data_exports').where('id', second).firstOrFail()
    assert.isTrue(await drive.use().exists(key))
    await drive.use().put(pending, 'half of it')

    await eraseUser(client.id, { by: 'user' })
    await drain()
    for (const each of [key, pending]) assert.isFalse(await drive.use().exists(each))
    // A repeated job of one that is gone writes nothing anew.
    await prepareExport(second, pending, new AbortController().signal)
    assert.isFalse(await drive.use().exists(pending))
  })

  test('of who signs in without a password says so', async ({ assert }) => {
    const client = await aClient()
    const { rows } = await exported(client)
    assert.isTrue(rows('account')[0].has_password)
    assert.notProperty(rows('account')[0], 'password')
    assert.notInclude(JSON.stringify(rows('account')), PASSWORD)
  })
})
