import { test } from '@japa/runner'
import Staff from '#models/staff'
import { hashPassword } from '#identity/passwords'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aColleague, console } from '#tests/support/staff'

/** 128 characters, the longest that is taken, of several bytes here and there. */
const LONG = `${'Grüße aus Tōkyō, qvx '.repeat(7)}`.slice(0, 127) + 'Z'

/** Passwords that are not `LONG`, and that somebody would take for it who looks at a part only. */
const ALMOST: Record<string, string> = {
  'another last character': `${LONG.slice(0, -1)}Y`,
  'no last character': LONG.slice(0, -1),
  'its first 72 characters': LONG.slice(0, 72),
  'its first 64 characters': LONG.slice(0, 64),
  'another character after the 72nd byte': `${LONG.slice(0, 100)}#${LONG.slice(101)}`,
  'all small letters': LONG.toLowerCase(),
  'one letter in another case': `g${LONG.slice(1)}`,
  'a blank before it': ` ${LONG.slice(0, -1)}`,
  'another accent': LONG.replace('ü', 'u'),
}

test.group('A password is compared whole and in its case', (group) => {
  group.each.setup(resetAll)

  test('by the API', async ({ assert }) => {
    assert.lengthOf(LONG, 128)
    const email = 'ada@example.com'
    const name = { first_name: 'Ada', last_name: 'Lovelace', user_type: 'client' }
    expectData(await api().post('auth/register', { email, password: LONG, ...name }), 201)
    for (const [what, password] of Object.entries(ALMOST)) {
      const answer = await api().post('auth/login', { email, password })
      assert.equal(answer.status, 401, what)
      expectProblem(answer, 401, 'invalid_credentials')
    }
    expectData(await api().post('auth/login', { email, password: LONG }))
  })

  test('by the console', async ({ assert }) => {
    const { staff } = await aColleague()
    await Staff.query()
      .where('id', staff.id)
      .update({ password: await hashPassword(LONG, 'test') })
    const signIn = (password: string) =>
      console().submit('/console/sign-in', { email: staff.email, password })
    const looksRight = await signIn(LONG)
    assert.include(looksRight.text, 'Second factor')
    // Five of them lock the address.
    for (const what of ['another last character', 'all small letters', 'no last character']) {
      assert.notInclude((await signIn(ALMOST[what])).text, 'Second factor', what)
    }
  })
})
