import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { changeSetting } from '#escrow/settings'
import { invitationToken } from '#escrow/invitation_token'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aProject, inDays } from '#tests/support/projects'
import { aClient, aFreelancer, aUser, PASSWORD } from '#tests/support/users'
import { mailedToken } from '#tests/support/mailbox'

async function anInvitation(email: string) {
  const { client, project } = await aProject()
  const invitation = expectData(
    await api(client).post(`projects/${project.id}/invitations`, { email }),
    201
  )
  return { client, project, invitation, token: invitationToken(invitation.id) }
}

test.group('Projects | invitations', (group) => {
  group.each.setup(resetAll)

  test('acceptance makes the project active and keeps fee and inspection days of that day', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const { client, project, token } = await anInvitation(freelancer.email)
    await db.transaction((trx) => changeSetting(trx, 'platform_fee_bps', 750, 'test'))
    const accepted = expectData(await api(freelancer).post(`invitations/${token}/accept`))
    assert.containsSubset(accepted, { status: 'accepted', project: { status: 'active' } })
    await db.transaction((trx) => changeSetting(trx, 'platform_fee_bps', 2000, 'test'))

    const seen = expectData(await api(freelancer).get(`projects/${project.id}`))
    assert.containsSubset(seen, {
      status: 'active',
      freelancer: { id: freelancer.id },
      platform_fee_bps: 750,
      inspection_days: 14,
    })
    const account = await db.from('escrow_accounts').where('project_id', project.id).firstOrFail()
    assert.containsSubset(account, { currency: 'USD' })
    const [told] = expectData(await api(client).get('notifications'))
    assert.equal(told.kind, 'invitation.accepted')
  })

  test('the mailed link works for someone who registers only then', async ({ assert }) => {
    const email = 'newcomer@example.com'
    const { project } = await anInvitation(email.toUpperCase())
    const token = await mailedToken(email, '/invitations/accept')

    const newcomer = await aUser({ type: 'freelancer', email, verified: false })
    const accept = () => api(newcomer).post(`invitations/${token}/accept`)
    expectProblem(await accept(), 403, 'email_not_verified')
    assert.deepEqual(expectData(await api(newcomer).get('invitations')), [])
    await db.from('users').where('id', newcomer.id).update({ is_verified: true })
    assert.lengthOf(expectData(await api(newcomer).get('invitations')), 1)
    expectData(await accept())
    expectData(await api(newcomer).get(`projects/${project.id}`))
  })

  test('neither a client nor oneself is invited', async () => {
    const { client, project } = await aProject()
    const invite = (email: string) =>
      api(client).post(`projects/${project.id}/invitations`, { email })
    expectProblem(await invite((await aClient()).email), 409, 'invitee_is_client')
    expectProblem(await invite(client.email), 409, 'own_address')
    expectProblem(await invite('not an address'), 422)
  })

  test('no address holds another one in quotes: {$self}')
    .with([
      '"victim@victim.com"@evil.com',
      '"<a@b.com>,x"@evil.com',
      'a,b@evil.com',
      '<a@evil.com>',
      'a@[127.0.0.1]',
      'a@b@evil.com',
      'a\r\nbcc:b@evil.com',
    ])
    .run(async ({ assert }, email) => {
      const { client, project } = await aProject()
      const invited = await api(client).post(`projects/${project.id}/invitations`, { email })
      assert.equal(expectProblem(invited, 422).errors[0].field, 'email')
      const account = { email, password: PASSWORD, user_type: 'client' }
      expectProblem(await api().post('auth/register', account), 422, 'validation_failed')
      const change = { email, password: PASSWORD }
      expectProblem(await api(client).post('auth/change-email', change), 422, 'validation_failed')
      const freelancer = await aFreelancer()
      for (const provider of ['paypal', 'venmo']) {
        const where = { payment_provider: provider, country: 'US', destination: email }
        expectProblem(await api(freelancer).post('payments/payout-accounts', where), 422)
      }
    })

  test('what goes into the subject and the text of its mail stays on its line', async ({
    assert,
  }) => {
    const { client, project } = await aProject()
    const milestone = { description: 'x', amount: '1.00', due_date: inDays(5) }
    for (const title of [
      'Pay\r\nhere',
      'a\u0085b',
      'a\u2028b',
      'moc.live\u202e//:ptth',
      '\u2066x',
    ]) {
      const edited = await api(client).put(`projects/${project.id}`, { title })
      assert.equal(expectProblem(edited, 422).errors[0].rule, 'one_line')
      const added = { ...milestone, title }
      expectProblem(await api(client).post(`projects/${project.id}/milestones`, added), 422)
      const renamed = await api(client).put('users/profile', { first_name: title })
      assert.equal(expectProblem(renamed, 422).errors[0].rule, 'one_line')
    }
    for (const name of ['Win at https://evil.com', 'HTTP://evil.com', 'visit WWW.evil.com']) {
      const renamed = await api(client).put('users/profile', { last_name: name })
      const { errors } = expectProblem(renamed, 422)
      assert.include(errors[0], { field: 'last_name', rule: 'no_web_address' })
    }
    // What many languages need: marks of direction, joiners, accents.
    const fine = 'Site \u05d0\u200f – \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 e\u0301'
    expectData(await api(client).put(`projects/${project.id}`, { title: fine }))
    expectData(await api(client).put('users/profile', { first_name: fine, last_name: "O'Neil" }))
  })

  test('a new invitation revokes the one before', async ({ assert }) => {
    const [first, second] = [await aFreelancer(), await aFreelancer()]
    const { client, project, token } = await anInvitation(first.email)
    expectData(
      await api(client).post(`projects/${project.id}/invitations`, { email: second.email }),
      201
    )
    const refused = expectProblem(await api(first).post(`invitations/${token}/accept`), 409)
    assert.equal(refused.current_status, 'revoked')
    const [old] = expectData(await api(first).get('invitations'))
    assert.containsSubset(old, { status: 'revoked', project: null })
  })

  test('an invitation can be accepted for 14 days by the database clock', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { invitation, token } = await anInvitation(freelancer.email)
    const days =
      (Date.parse(invitation.expires_at) - Date.parse(invitation.created_at)) / 86_400_000
    assert.closeTo(days, 14, 0.01)
    await db.from('invitations').update({ expires_at: db.raw(`now() - interval '1 second'`) })
    const refused = expectProblem(await api(freelancer).post(`invitations/${token}/accept`), 409)
    assert.equal(refused.current_status, 'expired')
    const listed = (status: string) => api(freelancer).get('invitations', { query: { status } })
    assert.lengthOf(expectData(await listed('expired')), 1)
    assert.lengthOf(expectData(await listed('pending')), 0)
  })

  test('only the invited account may answer', async () => {
    const freelancer = await aFreelancer()
    const { client, token } = await anInvitation(freelancer.email)
    for (const verb of ['accept', 'decline']) {
      const path = `invitations/${token}/${verb}`
      expectProblem(await api(await aFreelancer()).post(path), 403, 'other_address')
      expectProblem(await api(client).post(path), 403, 'other_address')
      expectProblem(await api().post(path), 401)
      expectProblem(await api(freelancer).post(`invitations/${'x'.repeat(43)}/${verb}`), 404)
      expectProblem(await api(freelancer).post(`invitations/%00/${verb}`), 404)
    }
  })

  test('who sees an invitation in the app answers it there, by its id', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { project } = await anInvitation(freelancer.email)
    const [told] = expectData(await api(freelancer).get('notifications'))
    const [listed] = expectData(await api(freelancer).get('invitations'))
    assert.equal(told.data.invitation_id, listed.id)

    const accept = (terms: string) =>
      api(freelancer).post(`invitations/${listed.id}/accept`, { terms })
    expectProblem(await accept('something else'), 409, 'terms_changed')
    expectData(await accept(listed.project.terms))
    expectData(await api(freelancer).get(`projects/${project.id}`))
    const again = expectProblem(await accept(listed.project.terms), 409, 'wrong_state')
    assert.equal(again.current_status, 'accepted')

    const another = await anInvitation(freelancer.email)
    const declined = await api(freelancer).post(`invitations/${another.invitation.id}/decline`)
    assert.equal(expectData(declined).status, 'declined')
  })

  test('the id of an invitation opens it to nobody but who was invited', async ({ assert }) => {
    const email = 'invited@example.com'
    const { client, invitation } = await anInvitation(email)
    const squatter = await aUser({ type: 'freelancer', email, verified: false })
    for (const verb of ['accept', 'decline']) {
      const answer = (id: string, by: User) => api(by).post(`invitations/${id}/${verb}`)
      for (const other of [client, await aFreelancer(), await aClient()]) {
        const real = expectProblem(await answer(invitation.id, other), 404, 'not_found')
        const unknown = expectProblem(await answer(randomUUID(), other), 404, 'not_found')
        assert.equal(real.detail, unknown.detail)
      }
      // Whoever took the address without having it learns not even that it was invited.
      expectProblem(await answer(invitation.id, squatter), 403, 'email_not_verified')
      expectProblem(await answer(randomUUID(), squatter), 403, 'email_not_verified')
    }
    const kept = await db.from('invitations').where('id', invitation.id).firstOrFail()
    assert.equal(kept.status, 'pending')
    await db.from('users').where('id', squatter.id).update({ is_verified: true })
    expectData(await api(squatter).post(`invitations/${invitation.id}/accept`))
  })

  test('an account that was registered as a client cannot accept', async () => {
    const { token } = await anInvitation('late@example.com')
    const client = await aUser({ type: 'client', email: 'late@example.com' })
    expectProblem(await api(client).post(`invitations/${token}/accept`), 403, 'not_a_freelancer')
  })

  test('20 acceptances at once make one active project', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { project, token } = await anInvitation(freelancer.email)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api(freelancer).post(`invitations/${token}/accept`))
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assert.equal(expectProblem(answer, 409).current_status, 'accepted')
    }
    assert.lengthOf(await db.from('escrow_accounts').where('project_id', project.id), 1)
    assert.lengthOf(await db.from('activity').where('action', 'project.accepted'), 1)
  })

  test('who declines leaves the client free to ask again', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { client, project, token } = await anInvitation(freelancer.email)
    assert.equal(
      expectData(await api(freelancer).post(`invitations/${token}/decline`)).status,
      'declined'
    )
    expectProblem(await api(freelancer).post(`invitations/${token}/accept`), 409)
    expectProblem(await api(freelancer).get(`projects/${project.id}`), 404)
    expectData(
      await api(client).post(`projects/${project.id}/invitations`, { email: freelancer.email }),
      201
    )
  })

  test('nobody accepts what was edited after they read it', async () => {
    const freelancer = await aFreelancer()
    const { client, project, token } = await anInvitation(freelancer.email)
    const read = async () => expectData(await api(freelancer).get('invitations'))[0].project.terms
    const accept = (terms: unknown) =>
      api(freelancer).post(`invitations/${token}/accept`, { terms })
    const before = await read()
    expectData(await api(client).put(`projects/${project.id}`, { total_amount: '1.00' }))
    expectProblem(await accept(before), 409, 'terms_changed')
    expectProblem(await accept({}), 422)
    expectData(await accept(await read()))
  })

  test('with the project, the freelancer accepts the terms of use that are in force, and no others', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const { project, token } = await anInvitation(freelancer.email)
    const accept = (body?: object) => api(freelancer).post(`invitations/${token}/accept`, body)
    await db.transaction((trx) => changeSetting(trx, 'terms_version', '2027-02-01', 'test'))
    const problem = expectProblem(
      await accept({ terms_version: '2026-11-01' }),
      422,
      'terms_not_in_force'
    )
    assert.equal(problem.terms_version, '2027-02-01')
    expectProblem(await accept({ terms_version: {} }), 422, 'validation_failed')
    assert.isEmpty(await db.from('terms_acceptances'))
    assert.equal((await db.from('projects').firstOrFail()).status, 'draft')

    expectData(await accept({ terms_version: '2027-02-01' }))
    const [row, ...others] = await db.from('terms_acceptances')
    assert.isEmpty(others)
    assert.include(row, {
      user_id: freelancer.id,
      version: '2027-02-01',
      context: 'invitation',
      project_id: project.id,
    })
    assert.closeTo(row.accepted_at.getTime(), Date.now(), 60_000)
    // A second time is refused, and is no second acceptance.
    expectProblem(await accept({ terms_version: '2027-02-01' }), 409)
    assert.lengthOf(await db.from('terms_acceptances'), 1)
  })

  test('who names no version accepts the one in force; who declines accepts none', async ({
    assert,
  }) => {
    const [first, second] = [await aFreelancer(), await aFreelancer()]
    const { token } = await anInvitation(first.email)
    expectData(await api(first).post(`invitations/${token}/decline`))
    assert.isEmpty(await db.from('terms_acceptances'))
    const other = await anInvitation(second.email)
    expectData(await api(second).post(`invitations/${other.token}/accept`))
    const [row] = await db.from('terms_acceptances')
    assert.include(row, { user_id: second.id, version: '2026-11-01' })
  })

  test('the invited freelancer sees the deal and what would be left of it', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { client, project } = await anInvitation(freelancer.email)
    const part = { title: 'P', description: 'D', amount: '250.00', due_date: inDays(9) }
    expectData(await api(client).post(`projects/${project.id}/milestones`, part), 201)
    const [seen] = expectData(await api(freelancer).get('invitations'))
    assert.containsSubset(seen.project, {
      title: project.title,
      description: project.description,
      total_amount: '1000.00',
      client: { id: client.id, name: client.displayName },
      quote: { platform_fee_bps: 1000, fee: '100.00', net: '900.00', currency: 'USD' },
    })
    assert.equal(seen.project.milestones[0].amount, '250.00')
    assert.notProperty(seen, 'token_hash')
    expectData(await api(freelancer).get(`users/${client.id}`))
    expectProblem(await api(freelancer).get(`projects/${project.id}`), 404)
  })
})
