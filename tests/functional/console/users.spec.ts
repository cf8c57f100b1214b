import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { STAFF_ROLES } from '#models/staff'
import { readUser } from '#console/user_page'
import { readUsers } from '#console/users_page'
import { api, expectData, expectProblem } from '#tests/support/api'
import { withAuthenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { mailsTo } from '#tests/support/mailbox'
import { planOf } from '#tests/support/plans'
import { pay, submittedMilestone } from '#tests/support/projects'
import { console, createStaff } from '#tests/support/staff'
import { aClient, aFreelancer, aUser, PASSWORD } from '#tests/support/users'
import { countQueries } from '#tests/support/queries'

const pageOf = ({ id }: { id: string }) => `/console/users/${id}`
const why = { reason: 'Ticket 812' }

async function lastLine() {
  return db
    .from('audit_log AS l')
    .join('audit_words AS w', 'w.audit_id', 'l.id')
    .orderBy('l.id', 'desc')
    .firstOrFail()
}

test.group('Users at the console', (group) => {
  group.each.setup(() => resetAll())

  test('are found by a part of address or name, by role and by state', async ({ assert }) => {
    const clara = await aUser({ email: 'clara.under_score@example.com', firstName: 'Clara' })
    const frank = await aFreelancer({ verified: false })
    const browser = console(await createStaff({ role: 'support' }))
    const list = async (query: string) => {
      const { text, status } = await browser.get(`/console/users?${query}`)
      assert.equal(status, 200)
      return [clara, frank].filter(({ id }) => text.includes(pageOf({ id })))
    }
    assert.deepEqual(await list('q=under_score'), [clara])
    assert.deepEqual(await list('q=%25'), [])
    assert.deepEqual(await list(`q=${frank.id}`), [frank])
    assert.deepEqual(await list('role=freelancer'), [frank])
    assert.deepEqual(await list('state=verified&role='), [clara])
    assert.deepEqual(await list('state=suspended'), [])
    assert.deepEqual(await list('debt=yes'), [])
    const empty = await browser.get('/console/users?q=nobody')
    assert.include(empty.text, 'No user fits these filters.')
  })

  test('are found by a part of what they are called without reading all of them', async ({
    assert,
  }) => {
    const clara = await aUser({ email: 'clara@under-stairs.example.com', firstName: 'Clara' })
    await db.rawQuery(
      `INSERT INTO users (email, password, user_type, first_name, last_name)
       SELECT 'somebody-' || n || '@example.com', '', 'client', 'Some', 'Body ' || n FROM generate_series(1, 30000) n`
    )
    // What was just written is no part of the index proper before.
    await db.rawQuery('VACUUM ANALYZE users')
    for (const q of ['der-stai', 'Clara', 'STAIRS', clara.id]) {
      const { rows, read } = await planOf('users', () => readUsers(db.connection(), { q }))
      assert.equal(rows, 1, q)
      assert.isBelow(read, 100, q)
    }
  })

  test('turn pages by keyset, each user once', async ({ assert }) => {
    for (let count = 0; count < 53; count++) await aClient()
    const first = await readUsers(db.connection(), {})
    const second = await readUsers(db.connection(), { after: first.meta.next_cursor! })
    assert.lengthOf(first.rows, 50)
    assert.lengthOf(second.rows, 3)
    assert.equal(new Set([...first.rows, ...second.rows].map(({ id }) => id)).size, 53)
  })

  test('take as many queries with fifty rows as with five', async ({ assert }) => {
    for (let count = 0; count < 5; count++) await aClient()
    const few = await countQueries(() => readUsers(db.connection(), {}))
    for (let count = 0; count < 45; count++) await aClient()
    assert.equal(await countQueries(() => readUsers(db.connection(), {})), few)
  })

  test('show one with the numbers of the API, masked accounts, sessions and history', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    await api().post('auth/login', { email: freelancer.email, password: PASSWORD })
    const [payout] = expectData(await api(freelancer).get('payments/payouts'))
    const [account] = expectData(await api(freelancer).get('payments/payout-accounts'))
    const browser = console(await createStaff({ role: 'support' }))
    const { text, status } = await browser.get(pageOf(freelancer))
    assert.equal(status, 200)
    assert.include(text, `${payout.amount} USD`)
    assert.notInclude(text, account.destination)
    assert.include(text, account.destination.slice(-4))
    assert.include(text, `/console/ledger/accounts/payable%3A${freelancer.id}/USD`)
    assert.include(text, `/console/payouts/${payout.id}`)
    assert.include(text, 'Signed in')
  })

  test('show what people write as text, never as a part of the page', async ({ assert }) => {
    const user = await aUser({ firstName: '<script>alert(1)</script>' })
    await db.from('profiles').where('user_id', user.id).update({ bio: '"><img src=x>' })
    const browser = console(await createStaff({ role: 'support' }))
    for (const path of ['/console/users', pageOf(user)]) {
      const { text } = await browser.get(path)
      assert.include(text, '&lt;script&gt;alert(1)')
      assert.notInclude(text, '<script>alert')
      assert.notInclude(text, '<img src=x')
    }
  })

  test('read one with the same queries however much there is of them', async ({ assert }) => {
    const { client, freelancer } = await submittedMilestone()
    const few = await countQueries(() => readUser(db.connection(), freelancer.id))
    for (let count = 0; count < 5; count++) {
      await api().post('auth/login', { email: freelancer.email, password: PASSWORD })
    }
    await submittedMilestone({ client, freelancer })
    assert.equal(await countQueries(() => readUser(db.connection(), freelancer.id)), few)
  })

  test('are suspended and let back with a reason, which the audit log has', async ({ assert }) => {
    const user = await aClient()
    const staff = await createStaff({ role: 'support' })
    const browser = console(staff)
    await browser.get(pageOf(user))
    const refused = await browser.submit(`${pageOf(user)}/suspend`, { reason: '' })
    assert.include(refused.text, 'class="error"')
    assert.isNull((await user.refresh()).suspendedAt)

    const done = await browser.submit(`${pageOf(user)}/suspend`, why)
    assert.include(done.text, 'They are signed out and suspended')
    assert.include(done.text, 'Ticket 812')
    expectProblem(
      await api().post('auth/login', { email: user.email, password: PASSWORD }),
      403,
      'account_suspended'
    )
    const line = await lastLine()
    assert.include(line, { action: 'user.suspended', actor_id: staff.id, reason: 'Ticket 812' })
    assert.notInclude(JSON.stringify([line.before, line.after]), user.email)

    const twice = await browser.submit(`${pageOf(user)}/suspend`, why)
    assert.include(twice.text, 'This user is suspended already.')
    await browser.submit(`${pageOf(user)}/let-back`, why)
    assert.include(await lastLine(), { action: 'user.let_back' })
    assert.isNull((await user.refresh()).suspendedAt)
  })

  test('are verified by staff, once, and told', async ({ assert }) => {
    const user = await aClient({ verified: false })
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(pageOf(user))
    await browser.submit(`${pageOf(user)}/verify`, why)
    assert.isTrue((await user.refresh()).isVerified)
    assert.include(await lastLine(), { action: 'user.verified', reason: 'Ticket 812' })
    const twice = await browser.submit(`${pageOf(user)}/verify`, why)
    assert.include(twice.text, 'verified already')
    await drain()
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.include(subjects, 'Your e-mail address was verified')
  })

  test('lose their second factor, or all sessions, by staff, and are told', async ({ assert }) => {
    const user = await aClient()
    await withAuthenticator(user)
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(pageOf(user))
    await browser.submit(`${pageOf(user)}/reset-mfa`, why)
    assert.include(await lastLine(), { action: 'user.second_factor_reset' })
    const login = { email: user.email, password: PASSWORD }
    assert.isFalse(expectData(await api().post('auth/login', login)).mfa_required)
    await browser.submit(`${pageOf(user)}/end-sessions`, why)
    assert.include(await lastLine(), { action: 'user.sessions_ended' })
    assert.isEmpty(await db.from('sessions').where('user_id', user.id).whereNull('revoked_at'))
    await drain()
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.include(subjects, 'You were signed out on all devices')
  })

  test('are touched by support and admins only, and looked at by all', async ({ assert }) => {
    for (const role of STAFF_ROLES) {
      const user = await aClient({ verified: false })
      const browser = console(await createStaff({ role }))
      const page = await browser.get(pageOf(user))
      assert.equal(page.status, 200)
      const may = role !== 'finance'
      assert.equal(page.text.includes('/suspend"'), may)
      assert.equal(page.text.includes('What staff did'), role !== 'support')
      for (const action of ['verify', 'suspend', 'let-back', 'reset-mfa', 'end-sessions']) {
        const { status } = await browser.post(`${pageOf(user)}/${action}`, why)
        assert.equal(status === 403, !may, `${role} ${action}: ${status}`)
      }
    }
  })

  test('that are not there are a page that says so', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    for (const id of ['nobody', '01890a5d-ac96-774b-bcce-b302099a8057']) {
      const { status, text } = await browser.get(`/console/users/${id}`)
      assert.equal(status, 404)
      assert.include(text, 'There is no such user')
    }
  })
})
