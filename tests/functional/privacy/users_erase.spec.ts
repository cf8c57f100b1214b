import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import User from '#models/user'
import { resetAll } from '#tests/support/database'
import { fundedMilestone } from '#tests/support/projects'
import { aClient } from '#tests/support/users'
import { run } from '#tests/functional/operations/run'

const WHO = ['--by', 'Vera Stein', '--reason', 'Ticket 812']

test.group('users:erase', (group) => {
  group.each.setup(resetAll)

  test('erases by address or id, and keeps who did it and why', async ({ assert }) => {
    const [one, two] = [await aClient(), await aClient()]
    for (const [user, name] of [
      [one, one.email.toUpperCase()],
      [two, two.id],
    ] as const) {
      const { exitCode, json } = await run('users:erase', name, ...WHO, '--json')
      assert.equal(exitCode, 0)
      assert.deepEqual(json, { user_id: user.id, erased: true, reasons: [] })
      const row = await db.from('erasures').where('user_id', user.id).firstOrFail()
      assert.deepInclude(row, {
        requested_by: 'operator',
        operator: 'Vera Stein',
        reason: 'Ticket 812',
      })
      const line = await db.from('audit_log').where('target_id', user.id).firstOrFail()
      assert.deepInclude(line, { actor_type: 'operator', action: 'user.erased' })
    }
  })

  test('says why it will not, exits 1, and with --dry-run only says so', async ({ assert }) => {
    const { client } = await fundedMilestone()
    for (const flags of [[], ['--dry-run']]) {
      const { exitCode, json } = await run('users:erase', client.id, ...WHO, ...flags, '--json')
      assert.equal(exitCode, 1)
      assert.isFalse(json.erased)
      assert.sameMembers(
        json.reasons.map(({ code }: { code: string }) => code),
        ['money_held', 'project_active']
      )
    }
    const free = await aClient()
    const { exitCode, json } = await run('users:erase', free.email, ...WHO, '--dry-run', '--json')
    assert.equal(exitCode, 0)
    assert.deepEqual(json, { user_id: free.id, erased: false, reasons: [] })
    assert.isNull((await User.findOrFail(free.id)).erasedAt)
  })

  test('nobody by that name is exit 1, also once they are erased; a wrong call is 2', async ({
    assert,
  }) => {
    const { id, email } = await aClient()
    assert.equal((await run('users:erase', 'nobody@example.com', ...WHO)).exitCode, 1)
    const naming = ['--by', 'Vera', '--reason', `asked by ${email}`]
    assert.equal((await run('users:erase', id, ...naming)).exitCode, 2)
    assert.isNull((await User.findOrFail(id)).erasedAt)
    assert.equal((await run('users:erase', id, ...WHO)).exitCode, 0)
    assert.equal((await run('users:erase', id, ...WHO)).exitCode, 1)
  })
})
