import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { withAuthenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { openStream, ownUrl } from '#tests/support/live'
import { breaks } from '#tests/support/ledger'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import {
  activeProject,
  aDeposit,
  aPayoutAccount,
  fundedMilestone,
  pay,
} from '#tests/support/projects'
import { aClient, aUser, PASSWORD, tokenOf } from '#tests/support/users'
import { enqueue } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { eraseUser } from '#privacy/erase_user'
import { KEPT_AFTER_ERASURE, whereItIsSaid } from './dump.js'
import { aFinishedHistory, somebody, type Identity } from './history.js'

/** As a client would, with a body, which `api().delete` does not send. */
async function eraseAs(user: User, given: object = { password: PASSWORD }) {
  const response = await fetch(`${ownUrl()}/api/users/profile`, {
    method: 'DELETE',
    headers: {
      'content-type': 'application/json',
      'authorization': `Bearer ${await tokenOf(user)}`,
    },
    body: JSON.stringify(given),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : undefined }
}

/** All that says who somebody is, other than their e-mail's domain. */
const wordsOf = (identity: Identity) => Object.values(identity)

test.group('Deleting an account', (group) => {
  group.each.setup(resetAll)
  group.each.setup(emptyMailboxes)

  for (const side of ['client', 'freelancer'] as const) {
    test(`of a ${side} with a full history leaves no word of who it was, and the books in order`, async ({
      assert,
    }) => {
      const history = await aFinishedHistory()
      const { user, identity } = history[side]
      const words = wordsOf(identity).filter((word) => word !== identity.ip)
      // Without this the test could not fail: every word is somewhere.
      const before = (await whereItIsSaid([...words, identity.ip])).join('\n')
      for (const word of [...words, identity.ip]) assert.include(before, word)

      const { status, body } = await eraseAs(user)
      assert.deepEqual([status, body], [204, undefined])
      const told = await mailsTo(identity.email)
      assert.equal(told.at(-1)?.subject, 'Your account was deleted')

      // The other party has the same address of the network.
      const others = side === 'client' ? history.freelancer : history.client
      await db.from('sessions').where('user_id', others.user.id).update({ ip: null })
      assert.deepEqual(await whereItIsSaid([...words, identity.ip], KEPT_AFTER_ERASURE), [])
      assert.deepEqual(await breaks(), [])

      const seen = expectData(await api(others.user).get(`users/${user.id}`))
      assert.equal(`${seen.first_name} ${seen.last_name}`.trim(), 'Deleted user')

      const row = await db.from('erasures').where('user_id', user.id).firstOrFail()
      assert.deepInclude(row, { requested_by: 'user', operator: '', reason: '' })
    })
  }

  test('frees the address, and nobody can sign in to what was there', async ({ assert }) => {
    const { user, identity } = await somebody('client')
    const token = await tokenOf(user)
    const login = { email: identity.email, password: PASSWORD }
    const { refresh_token: refreshToken } = expectData(await api().post('auth/login', login))
    assert.equal((await eraseAs(user)).status, 204)

    const headers = { authorization: `Bearer ${token}` }
    expectProblem(await api().get('users/profile', { headers }), 401)
    expectProblem(await api().post('auth/refresh', { refresh_token: refreshToken }), 401)
    expectProblem(await api().post('auth/login', login), 401, 'invalid_credentials')
    const pseudonym = `deleted-${user.id}@erased.invalid`
    expectProblem(await api().post('auth/login', { ...login, email: pseudonym }), 401)
    expectData(await api().post('auth/reset-password', { email: pseudonym }), 202)
    await settle()
    assert.deepEqual(await mailsTo(pseudonym), [])

    const again = expectData(
      await api().post('auth/register', { ...login, user_type: 'freelancer' }),
      201
    )
    assert.notEqual(again.id, user.id)
    expectData(await api().post('auth/login', login))
  })

  test('needs the password, and without it nothing happens', async ({ assert }) => {
    const { user, identity } = await somebody('client')
    for (const given of [{ password: 'not the password' }, {}]) {
      const { status, body } = await eraseAs(user, given)
      assert.deepEqual([status, body.errors[0].field], [422, 'password'])
    }
    expectData(await api().post('auth/login', { email: identity.email, password: PASSWORD }))
  })

  test('needs a code of the authenticator app, too, where there is one', async ({ assert }) => {
    const { user } = await somebody('freelancer')
    const { app } = await withAuthenticator(user)
    const without = await eraseAs(user, { password: PASSWORD })
    assert.deepEqual([without.status, without.body.errors[0].field], [422, 'code'])
    const wrong = await eraseAs(user, { password: PASSWORD, recovery_code: 'aaaa-bbbb-cccc-dddd' })
    assert.deepEqual([wrong.status, wrong.body.errors[0].field], [422, 'recovery_code'])
    assert.equal((await eraseAs(user, { password: PASSWORD, code: app.code() })).status, 204)
    assert.isNull(await db.from('mfa_authenticators').where('user_id', user.id).first())
    assert.isNull(await db.from('mfa_recovery_codes').where('user_id', user.id).first())
  })

  test('of an account without a password takes a sign-in of just now', async ({ assert }) => {
    const { user, identity } = await somebody('client')
    await db.from('users').where('id', user.id).update({ password: null })
    await db.table('identities').insert({
      user_id: user.id,
      provider: 'github',
      subject: '4711',
      email: identity.email,
    })
    await db.table('oauth_handovers').insert({
      code_hash: 'hash',
      provider: 'google',
      subject: '1147',
      email: identity.email,
      first_name: identity.firstName,
      last_name: identity.lastName,
      expires_at: db.raw("now() + interval '5 minutes'"),
    })
    await tokenOf(user)
    const sessions = db.from('sessions').where('user_id', user.id)
    await sessions.clone().update({ created_at: db.raw("now() - interval '11 minutes'") })
    const stale = await eraseAs(user, {})
    assert.deepEqual([stale.status, stale.body.code], [403, 'sign_in_again'])
    await sessions.clone().update({ created_at: db.raw('now()') })
    assert.equal((await eraseAs(user, {})).status, 204)
    assert.deepEqual(await whereItIsSaid(Object.values(identity)), [])
  })

  test('ends the streams of its notifications', async ({ assert }) => {
    const { user } = await somebody('client')
    const stream = await openStream(user)
    assert.equal(stream.status, 200)
    assert.equal((await eraseAs(user)).status, 204)
    await stream.ended
    assert.isTrue(stream.isOver)
  })

  test('is refused to both while money is held, with the reasons', async ({ assert }) => {
    const { client, freelancer } = await fundedMilestone()
    for (const user of [client, freelancer]) {
      assert.equal((await eraseAs(user, { password: 'not this one, sorry' })).status, 422)
      const { status, body } = await eraseAs(user)
      assert.equal(status, 409)
      assert.equal(body.code, 'erasure_refused')
      assert.sameMembers(codesOf(body), ['money_held', 'project_active'])
      assert.match(JSON.stringify(body.reasons), /1000\.00 USD is held in escrow/)
    }
  })

  test('is refused while a payout waits, and when it has arrived is not', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ payable: false })
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await settle()
    const refused = await eraseAs(freelancer)
    assert.sameMembers(codesOf(refused.body), ['payout_owed', 'payout_waiting'])
    await aPayoutAccount(freelancer)
    assert.equal((await eraseAs(freelancer)).status, 204)
    assert.deepEqual(await breaks(), [])
  })

  test('does not wait for what the other party has left undone', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone({ payable: false })
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await settle()
    assert.equal((await eraseAs(client)).status, 204)
    assert.deepEqual(await breaks(), [])
  })

  test('is refused while a deposit may still be paid, and while a refund request is open', async ({
    assert,
  }) => {
    const { client, milestone } = await activeProject()
    await aDeposit(client, [milestone])
    assert.includeMembers(codesOf((await eraseAs(client)).body), ['payment_pending'])

    const other = await fundedMilestone()
    await api(other.freelancer).post(`milestones/${other.milestone.id}/submit`, {
      note: 'Done.',
      links: [],
    })
    const body = { milestone_id: other.milestone.id, reason: 'Not as agreed.' }
    await db
      .from('milestones')
      .where('id', other.milestone.id)
      .update({ funded_at: db.raw("now() - interval '3 days'") })
    expectData(await pay(other.client, 'payments/refund', body), 201)
    for (const user of [other.client, other.freelancer]) {
      assert.includeMembers(codesOf((await eraseAs(user)).body), ['refund_request_open'])
    }
  })

  test('the other party goes on seeing everything, by "Deleted user"', async ({ assert }) => {
    for (const side of ['client', 'freelancer'] as const) {
      await resetAll()
      const history = await aFinishedHistory()
      const gone = history[side].user
      const left = (side === 'client' ? history.freelancer : history.client).user
      assert.equal((await eraseAs(gone)).status, 204)
      const paths = [
        'projects',
        `projects/${history.first.id}`,
        `projects/${history.first.id}/activity`,
        `projects/${history.first.id}/milestones`,
        `projects/${history.first.id}/messages`,
        `projects/${history.first.id}/proposals`,
        `milestones/${history.milestone.id}`,
        `users/${gone.id}`,
        'invitations',
        'notifications',
        'payments/transactions',
        'payments/refunds',
        `payments/refunds/${history.refund}`,
        `payments/escrow/${history.first.id}`,
        ...(side === 'client' ? ['payments/payouts', 'payments/payout-accounts'] : []),
      ]
      for (const path of paths) {
        const text = JSON.stringify(expectData(await api(left).get(path)))
        for (const word of wordsOf(history[side].identity)) assert.notInclude(text, word, path)
      }
      const list = expectData(await api(left).get('projects'))
      const listed = list.find(({ id }: { id: string }) => id === history.first.id)
      assert.equal(listed[side].name, 'Deleted user')
      const shown = expectData(await api(left).get(`projects/${history.first.id}`))
      assert.deepEqual(shown[side], { id: gone.id, name: 'Deleted user' })
      const said = expectData(await api(left).get('notifications', { query: { limit: 100 } }))
      assert.include(JSON.stringify(said), 'Deleted user wrote in')
      // The words that the other party read are theirs, too.
      const messages = expectData(await api(left).get(`projects/${history.first.id}/messages`))
      assert.lengthOf(messages, 2)
      const answer = await api(left).post(`projects/${history.first.id}/messages`, { body: 'Hi' })
      expectProblem(answer, 409, 'party_erased')
    }
  })

  test('who waits for an answer to an invitation is told that none will come', async ({
    assert,
  }) => {
    const history = await aFinishedHistory()
    assert.equal((await eraseAs(history.freelancer.user)).status, 204)
    const [latest] = expectData(await api(history.other).get('notifications'))
    assert.equal(latest.title, 'Deleted user declined')
    const body = { email: history.declining.email }
    expectData(
      await api(history.other).post(`projects/${history.others.id}/invitations`, body),
      201
    )
  })

  test('somebody else who declined the same project keeps their name in what was said', async ({
    assert,
  }) => {
    const history = await aFinishedHistory()
    const said = () =>
      db
        .from('notifications')
        .where({ user_id: history.client.user.id, kind: 'invitation.declined' })
    const before = await said()
    assert.equal((await eraseAs(history.freelancer.user)).status, 204)
    assert.deepEqual(await said(), before)
  })

  test('what is queued for others stays, whose address begins or ends like the one that is erased', async ({
    assert,
  }) => {
    const leaving = await aClient({ verified: false })
    const other = await aUser({ email: `x${leaving.email}` })
    const notice = { userId: other.id, notice: 'email_changed', to: other.email } as const
    await enqueue(db, mailSecurityNotice, notice)
    await enqueue(db, mailSecurityNotice, { ...notice, userId: leaving.id, to: leaving.email })
    await enqueue(db, mailLink, { userId: other.id, purpose: 'verify_email' })
    await db.rawQuery(
      `UPDATE pgboss.job SET output = jsonb_build_object('message', ?::text) WHERE name = 'mail_link'`,
      [`550 <${other.email}> and <${leaving.email}>: no such user`]
    )
    await eraseUser(leaving.id, { by: 'user' })

    const { rows } = await db.rawQuery(
      `SELECT data, output FROM pgboss.job WHERE name IN ('mail_link', 'mail_security_notice') ORDER BY name`
    )
    assert.lengthOf(rows, 2)
    assert.equal(rows[0].output.message, `550 <${other.email}> and <…>: no such user`)
    assert.equal(rows[1].data.to, other.email)
  })
})

const codesOf = (body: any): string[] => (body.reasons ?? []).map((each: any) => each.code)
