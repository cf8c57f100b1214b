import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { autoApprove } from '#escrow/auto_approve'
import { letUserBack } from '#identity/let_user_back'
import { startSession } from '#identity/sessions'
import { signIn } from '#identity/sign_in'
import { suspendUser } from '#identity/suspend_user'
import type { Act } from '#audit/record_audit'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { withAuthenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { mailedToken, mailsTo } from '#tests/support/mailbox'
import { pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff } from '#tests/support/staff'
import { aClient, PASSWORD } from '#tests/support/users'

const ACT: Act = { actor: { type: 'system' }, reason: 'A test' }
const login = (user: User) => api().post('auth/login', { email: user.email, password: PASSWORD })
const suspend = (user: User) => suspendUser(user.id, ACT)

test.group('A suspended user', (group) => {
  group.each.setup(() => resetAll())

  test('is signed out at once: access token, refresh token and list of sessions', async ({
    assert,
  }) => {
    const user = await aClient()
    const { access_token: access, refresh_token: refresh } = expectData(await login(user))
    const headers = { authorization: `Bearer ${access}` }
    const profile = () => fetch(`${base()}/api/users/profile`, { headers })
    assert.equal((await profile()).status, 200)
    await suspend(user)
    assert.equal((await profile()).status, 401)
    const code = 'invalid_refresh_token'
    expectProblem(await api().post('auth/refresh', { refresh_token: refresh }), 401, code)
    const ended = await db.from('sessions').where('user_id', user.id).firstOrFail()
    assert.equal(ended.revoked_reason, 'suspended')
  })

  test('is told so by their password, and who does not know it is not', async () => {
    const user = await aClient()
    await suspend(user)
    expectProblem(await login(user), 403, 'account_suspended')
    const wrong = { email: user.email, password: 'something else entirely' }
    expectProblem(await api().post('auth/login', wrong), 401, 'invalid_credentials')
  })

  test('gets in neither with a code that was asked for before, nor is asked for one', async () => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const { challenge } = expectData(await login(user))
    await suspend(user)
    const given = { challenge, code: app.code() }
    expectProblem(await api().post('auth/mfa/verify', given), 401, 'invalid_challenge')
    expectProblem(await login(user), 403, 'account_suspended')
  })

  test('resets no password: earlier links are dead, and no other is mailed', async ({ assert }) => {
    const user = await aClient()
    await api().post('auth/reset-password', { email: user.email })
    await drain()
    const token = await mailedToken(user.email, '/reset-password')
    await suspend(user)
    const password = 'another long pass phrase'
    expectProblem(await api().post('auth/reset-password', { token, password }), 422)
    await api().post('auth/reset-password', { email: user.email })
    await drain()
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.lengthOf(
      subjects.filter((subject) => /reset|password/i.test(subject)),
      1
    )
    assert.include(subjects, 'Your account is suspended')
  })

  test('signs in as before once they are let back, and is told', async ({ assert }) => {
    const user = await aClient()
    await suspend(user)
    await letUserBack(user.id, ACT)
    expectData(await login(user))
    await drain()
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.includeMembers(subjects, ['Your account is suspended', 'Your account is open again'])
  })

  test('earns what the other side approves, and is paid when they are let back', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    await suspend(freelancer)
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
    assert.equal(sandbox.transfers.length, 0)
    const waiting = await db.from('transactions').where('transaction_type', 'payout').firstOrFail()
    assert.match(waiting.wait_reason, /suspended/)
    const page = await console(await createStaff({ role: 'support' })).get(
      `/console/users/${freelancer.id}`
    )
    assert.include(page.text, 'The account of who is paid is suspended')

    await letUserBack(freelancer.id, ACT)
    await settle()
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('has a milestone approved by silence as everybody has', async ({ assert }) => {
    const { freelancer, milestone } = await submittedMilestone()
    await suspend(freelancer)
    await db
      .from('milestones')
      .where('id', milestone.id)
      .update({
        auto_approve_at: db.raw(`now() - interval '1 minute'`),
      })
    await autoApprove(milestone.id)
    await settle()
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
  })

  test('leaves no session behind, however many sign-ins and refreshes run meanwhile', async ({
    assert,
  }) => {
    const user = await aClient()
    const { refresh_token: refresh } = expectData(await login(user))
    await Promise.allSettled([
      ...Array.from({ length: 6 }, () => signIn(user.email, PASSWORD, {})),
      api().post('auth/refresh', { refresh_token: refresh }),
      suspend(user),
      ...Array.from({ length: 6 }, () => signIn(user.email, PASSWORD, {})),
    ])
    const alive = await db.from('sessions').where('user_id', user.id).whereNull('revoked_at')
    assert.isEmpty(alive)
    assert.isNotNull((await user.refresh()).suspendedAt)
  })

  test('waits for a sign-in that holds the account, and ends its session too', async ({
    assert,
  }) => {
    const user = await aClient()
    const trx = await db.transaction()
    await trx.from('users').where('id', user.id).forShare().firstOrFail()
    const suspending = suspend(user)
    const { session } = await startSession(trx, user, {})
    await trx.commit()
    await suspending
    const ended = await db.from('sessions').where('id', session.id).firstOrFail()
    assert.equal(ended.revoked_reason, 'suspended')
  })
})

const base = () => `http://${process.env.HOST}:${process.env.PORT}`
