import { test } from '@japa/runner'
import User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aFreelancer, forgetTokens } from '#tests/support/users'

test.group('The profile', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    forgetTokens()
  })

  test('it shows the account and starts empty', async ({ assert }) => {
    const user = await aFreelancer()
    const profile = expectData(await api(user).get('users/profile'))
    assert.deepEqual(profile, {
      id: user.id,
      email: user.email,
      user_type: 'freelancer',
      first_name: 'Frank',
      last_name: user.lastName,
      is_verified: true,
      created_at: user.createdAt.toUTC().toISO(),
      bio: '',
      avatar: null,
      skills: [],
      hourly_rate: null,
      hourly_rate_currency: 'USD',
      portfolio_url: '',
    })
  })

  test('only what is given changes', async ({ assert }) => {
    const user = await aFreelancer()
    const before = expectData(await api(user).get('users/profile'))
    const changes = {
      bio: 'Builds bridges.\nAnd ships.',
      skills: ['steel', 'welding'],
      hourly_rate: '85.50',
      portfolio_url: 'https://frank.example/work?x=1',
    }
    const after = expectData(await api(user).put('users/profile', changes))
    assert.deepEqual(after, { ...before, ...changes })
    assert.deepEqual(expectData(await api(user).put('users/profile', {})), after)
    const renamed = expectData(await api(user).put('users/profile', { first_name: 'Franka' }))
    assert.deepEqual(renamed, { ...after, first_name: 'Franka' })
    assert.deepEqual(expectData(await api(user).get('users/profile')), renamed)
  })

  test('what was read can be written back', async ({ assert }) => {
    const user = await aFreelancer()
    const profile = expectData(await api(user).get('users/profile'))
    assert.deepEqual(expectData(await api(user).put('users/profile', profile)), profile)
  })

  test('null clears what may be empty', async ({ assert }) => {
    const user = await aFreelancer()
    await api(user).put('users/profile', {
      bio: 'x',
      hourly_rate: '1',
      portfolio_url: 'http://x.example',
    })
    const cleared = expectData(
      await api(user).put('users/profile', { bio: null, hourly_rate: null, portfolio_url: null })
    )
    assert.include(cleared, { bio: '', hourly_rate: null, portfolio_url: '' })
  })

  test('a rate is not carried over into another currency', async ({ assert }) => {
    const user = await aFreelancer()
    expectData(await api(user).put('users/profile', { hourly_rate: '50.00' }))
    const answer = await api(user).put('users/profile', { hourly_rate_currency: 'JPY' })
    assert.equal(expectProblem(answer, 422).errors[0].field, 'hourly_rate')
    const yen = { hourly_rate: '7000', hourly_rate_currency: 'JPY' }
    assert.include(expectData(await api(user).put('users/profile', yen)), yen)
    expectProblem(await api(user).put('users/profile', { hourly_rate: '7000.50' }), 422)
  })

  test('what the account is cannot be changed here', async ({ assert }) => {
    const user = await aFreelancer({ verified: false })
    const before = expectData(await api(user).get('users/profile'))
    const after = expectData(
      await api(user).put('users/profile', {
        id: '01900000-0000-7000-8000-000000000000',
        email: 'other@example.com',
        user_type: 'staff',
        is_verified: true,
        password: 'a whole new password',
        avatar: 'https://evil.example/x.svg',
        user_id: '01900000-0000-7000-8000-000000000000',
        created_at: '2001-01-01T00:00:00Z',
      })
    )
    assert.deepEqual(after, before)
    const { password } = await User.findOrFail(user.id)
    assert.equal(password, user.password)
  })

  test('{field} = {value} is refused with 422')
    .with([
      { field: 'first_name', value: 'x'.repeat(101) },
      { field: 'first_name', value: 'a\r\nBcc: b@example.com' },
      { field: 'bio', value: 'x'.repeat(5001) },
      { field: 'bio', value: 7 },
      { field: 'bio', value: 'a\u0000b' },
      { field: 'skills', value: ['a\u0000b'] },
      { field: 'skills', value: 'steel' },
      { field: 'skills', value: [1] },
      { field: 'skills', value: [''] },
      { field: 'skills', value: ['x'.repeat(51)] },
      { field: 'skills', value: ['a', 'a'] },
      { field: 'skills', value: Array.from({ length: 51 }, (_, i) => `skill ${i}`) },
      { field: 'hourly_rate', value: 85.5 },
      { field: 'hourly_rate', value: '-1' },
      { field: 'hourly_rate', value: '0' },
      { field: 'hourly_rate', value: '1.005' },
      { field: 'hourly_rate', value: '1e3' },
      { field: 'hourly_rate', value: '100000000.00' },
      { field: 'hourly_rate', value: '9'.repeat(400) },
      { field: 'hourly_rate_currency', value: 'XXX' },
      { field: 'hourly_rate_currency', value: 'usd' },
      { field: 'portfolio_url', value: 'javascript:alert(1)' },
      { field: 'portfolio_url', value: 'ftp://x.example' },
      { field: 'portfolio_url', value: '//x.example' },
      { field: 'portfolio_url', value: 'https://user:secret@x.example' },
      { field: 'portfolio_url', value: 'https://x.example/' + 'x'.repeat(500) },
    ])
    .run(async ({ assert }, { field, value }) => {
      const user = await aFreelancer()
      const answer = await api(user).put('users/profile', { [field]: value })
      const problem = expectProblem(answer, 422, 'validation_failed')
      assert.match(problem.errors[0].field, new RegExp(`^${field}(\\.|$)`))
    })
})
