import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { run } from '#tests/functional/operations/run'
import { api, expectData, expectProblem } from '#tests/support/api'
import { withAuthenticator } from '#tests/support/authenticator'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { aClient, PASSWORD } from '#tests/support/users'

const WHO = ['--by', 'Vera Stein', '--reason', 'Ticket 812']

test.group('users:reset-mfa', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  test('lets who has lost everything sign in again, ends their sessions, and keeps who did it', async ({
    assert,
  }) => {
    const user = await aClient()
    await withAuthenticator(user)
    assert.equal((await run('users:reset-mfa', user.email, ...WHO)).exitCode, 0)

    expectProblem(await api(user).get('users/profile'), 401)
    const login = { email: user.email, password: PASSWORD }
    assert.isFalse(expectData(await api().post('auth/login', login)).mfa_required)
    const line = await db
      .from('audit_log AS l')
      .join('audit_words AS w', 'w.audit_id', 'l.id')
      .firstOrFail()
    assert.include(line, {
      actor_type: 'operator',
      action: 'user.second_factor_reset',
      target_id: user.id,
      operator: 'Vera Stein',
      reason: 'Ticket 812',
    })
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.include(subjects, 'Codes from your authenticator app are not asked for any more')
  })

  test('who has no app, or is nobody, is exit 1; a wrong call is 2', async ({ assert }) => {
    const user = await aClient()
    assert.equal((await run('users:reset-mfa', user.email, ...WHO)).exitCode, 1)
    assert.equal((await run('users:reset-mfa', 'nobody@example.com', ...WHO)).exitCode, 1)
    const blank = ['--by', 'Vera Stein', '--reason', ' ']
    assert.equal((await run('users:reset-mfa', user.email, ...blank)).exitCode, 2)
    assert.isEmpty(await db.from('audit_log'))
  })
})
