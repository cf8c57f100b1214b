import { test } from '@japa/runner'
import User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailedToken } from '#tests/support/mailbox'
import { settle } from '#tests/support/jobs'
import { aClient, PASSWORD } from '#tests/support/users'

const OBVIOUS = [
  'SafeSend2026!',
  'safesend-safesend',
  'AdminAdmin123',
  'password-1234567',
  'lovelace1815!!',
]
const BREACHED = ['1qaz2wsx3edc', 'QwertyQwerty', 'sonyericsson']

const email = 'ada.lovelace@example.com'
const register = (password: string) =>
  api().post('auth/register', { email, password, user_type: 'client' })

test.group('A password that would be guessed', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  test('is refused where it is little more than words of this place, or on a list of stolen ones', async ({
    assert,
  }) => {
    for (const [rule, passwords] of Object.entries({ too_obvious: OBVIOUS, breached: BREACHED })) {
      for (const password of passwords) {
        const { errors } = expectProblem(await register(password), 422)
        assert.deepEqual(
          errors.map(({ field, rule: broken }: any) => [field, broken]),
          [['password', rule]],
          password
        )
      }
    }
    assert.isEmpty(await User.all())
  })

  test('is not one of any composition that nobody has on a list', async () => {
    for (const [n, password] of [
      'aaaaaaaaaaaaaaaaaa',
      '7391 4407 9932',
      'my safesend is green and round',
      'ÄÖÜ äöü ß 漢字 🙂🙂🙂',
    ].entries()) {
      const body = { email: `somebody${n}@example.org`, password, user_type: 'client' }
      expectData(await api().post('auth/register', body), 201)
      expectData(await api().post('auth/login', body), 200)
    }
  })

  test('is refused when it is changed and when it is reset, as well', async ({ assert }) => {
    const user = await aClient()
    const change = { current_password: PASSWORD, password: BREACHED[0] }
    const refused = expectProblem(await api(user).post('auth/change-password', change), 422)
    assert.equal(refused.errors[0].rule, 'breached')
    expectData(await api().post('auth/reset-password', { email: user.email }), 202)
    await settle()
    const token = await mailedToken(user.email, '/reset-password')
    const reset = { token, password: BREACHED[0] }
    assert.equal(
      expectProblem(await api().post('auth/reset-password', reset), 422).errors[0].rule,
      'breached'
    )
    const other = await api().post('auth/reset-password', { token, password: `${PASSWORD} 2` })
    assert.equal(other.status, 204)
  })
})
