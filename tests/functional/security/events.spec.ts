import { mock } from 'node:test'
import { test } from '@japa/runner'
import logger from '@adonisjs/core/services/logger'
import { api } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aColleague, console, createStaff } from '#tests/support/staff'
import { aClient, aFreelancer, PASSWORD } from '#tests/support/users'

type Line = Record<string, unknown>

test.group('The log of who got in and who did not', (group) => {
  let lines: Line[]
  group.each.setup(async () => {
    await resetAll()
    lines = []
    const spy = mock.method(logger, 'info', (line: unknown) => {
      if (line && typeof line === 'object' && 'security' in line) lines.push(line as Line)
    })
    return () => spy.mock.restore()
  })

  const login = (email: string, password: string) => api().post('auth/login', { email, password })

  test('has sign-ins, and those that failed, without a word of what was typed', async ({
    assert,
  }) => {
    const user = await aClient()
    await login(user.email, PASSWORD)
    await login(user.email, 'something else entirely')
    assert.include(lines[0], { security: 'signed_in', user: user.id })
    assert.include(lines[1], {
      security: 'refused',
      status: 401,
      code: 'invalid_credentials',
      route: '/api/auth/login',
    })
    const said = JSON.stringify(lines)
    for (const typed of [user.email, PASSWORD, 'something else']) assert.notInclude(said, typed)
  })

  test('has who was not let in to what, by their id', async ({ assert }) => {
    await api().get('projects')
    const freelancer = await aFreelancer()
    await api(freelancer).post('projects', {})
    const body = { current_password: 'something else entirely', password: `${PASSWORD} 2` }
    await api(freelancer).post('auth/change-password', body)
    assert.include(lines[0], { security: 'refused', status: 401, route: '/api/projects' })
    assert.include(lines[1], { security: 'refused', status: 403, user: freelancer.id })
    assert.include(lines[2], { security: 'refused', code: 'wrong_password', user: freelancer.id })
    assert.lengthOf(lines, 3)
  })

  test('has what happens at the console', async ({ assert }) => {
    const support = await createStaff({ role: 'support' })
    await console(support).get('/console/audit')
    assert.include(lines.at(-1), { status: 403, route: '/console/audit', staff: support.id })
    const one = await aColleague()
    const browser = console()
    await browser.post('/console/sign-in', { email: one.staff.email, password: 'not the password' })
    assert.include(lines.at(-1), { security: 'refused', status: 401 })
    await browser.post('/console/sign-in', { email: one.staff.email, password: one.password })
    await browser.post('/console/sign-in/code', { code: one.app.code() })
    assert.include(lines.at(-1), { security: 'signed_in', staff: one.staff.id })
  })
})
