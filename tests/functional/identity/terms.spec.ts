import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { changeSetting } from '#escrow/settings'
import { recordTermsAcceptance } from '#identity/terms'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aProject } from '#tests/support/projects'
import { PASSWORD } from '#tests/support/users'

const register = (more: object = {}) =>
  api().post('auth/register', {
    email: 'ada@example.com',
    password: PASSWORD,
    user_type: 'client',
    ...more,
  })

const inForce = (version: string) =>
  db.transaction((trx) => changeSetting(trx, 'terms_version', version, 'operator'))

test.group('Terms of use', (group) => {
  group.each.setup(truncateAll)

  test('anybody can ask which terms are in force and where they are', async ({ assert }) => {
    const terms = expectData(await api().get('terms'))
    assert.equal(terms.version, '2026-11-01')
    assert.match(terms.url, /^http.*\/terms\?version=2026-11-01$/)
    await inForce('2027-02-01')
    assert.equal(expectData(await api().get('terms')).version, '2027-02-01')
  })

  test('who registers accepts the terms in force, and when is kept', async ({ assert }) => {
    await inForce('2027-02-01')
    const before = new Date()
    const { id } = expectData(await register(), 201)
    const [row, ...others] = await db.from('terms_acceptances')
    assert.isEmpty(others)
    assert.include(row, { user_id: id, version: '2027-02-01', context: 'registration' })
    assert.isAtLeast(row.accepted_at.getTime(), before.getTime() - 5000)
  })

  test('who was shown other terms than those in force is told which, and gets no account', async ({
    assert,
  }) => {
    expectData(await register({ terms_version: '2026-11-01' }), 201)
    await inForce('2027-02-01')
    const late = await register({ email: 'late@example.com', terms_version: '2026-11-01' })
    const problem = expectProblem(late, 422, 'terms_not_in_force')
    assert.equal(problem.terms_version, '2027-02-01')
    assert.equal(problem.errors[0].field, 'terms_version')
    assert.isNull(await db.from('users').where('email', 'late@example.com').first())
    expectData(await register({ email: 'late@example.com', terms_version: '2027-02-01' }), 201)
  })

  test('taking a project on is an acceptance of its own, with the project', async ({ assert }) => {
    const { project } = await aProject()
    const acceptance = { userId: project.clientId, context: 'invitation' as const }
    await db.transaction((trx) =>
      recordTermsAcceptance(trx, { ...acceptance, projectId: project.id })
    )
    const row = await db.from('terms_acceptances').firstOrFail()
    assert.include(row, { context: 'invitation', project_id: project.id, version: '2026-11-01' })
    await assert.rejects(
      () =>
        db.transaction((trx) =>
          recordTermsAcceptance(trx, { ...acceptance, projectId: project.id, version: '2020' })
        ),
      /version 2026-11-01/
    )
  })
})
