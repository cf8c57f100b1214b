import { test } from '@japa/runner'
import { api, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject, fundedMilestone } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'

/** What an answer says of each field. */
const said = (problem: { errors: { field: string; message: string }[] }) =>
  Object.fromEntries(problem.errors.map(({ field, message }) => [field, message]))

test.group('Validation messages', (group) => {
  group.each.setup(resetAll)

  test('a refused field is named as it was sent, and told in plain words', async ({ assert }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const handIn = await api(freelancer).post(`milestones/${milestone.id}/submit`, {
      note: '',
      links: ['https://example.com', 'example'],
      deliverable_ids: ['x'],
    })
    assert.deepEqual(said(expectProblem(handIn, 422, 'validation_failed')), {
      'note': 'note must have at least 1 character.',
      'links.1': 'Give a web address that begins with https://.',
      'deliverable_ids.0': 'deliverable_ids[0] is no id.',
    })
    const link = await api(freelancer).put('users/profile', { portfolio_url: 'nowhere' })
    assert.deepEqual(said(expectProblem(link, 422)), {
      portfolio_url: 'Give a web address that begins with http:// or https://.',
    })
    const register = await api().post('auth/register', {
      email: 'no',
      user_type: 'king',
      password: 5,
    })
    assert.deepEqual(said(expectProblem(register, 422)), {
      email: 'Give an e-mail address such as ada@example.com.',
      password: 'password must be text.',
      user_type: 'user_type must be client or freelancer.',
    })
    const login = await api().post('auth/login', { email: 'a@b.c', password: 'x'.repeat(1001) })
    assert.equal(
      said(expectProblem(login, 422)).password,
      'password may have at most 1000 characters.'
    )
    const blank = await api(await aClient()).post('projects', { title: '   ' })
    assert.containsSubset(said(expectProblem(blank, 422)), {
      title: 'title must have at least 1 character.',
      description: 'description is missing.',
    })
  })

  test('what may not be switched off, and what there is not, is said under its name', async ({
    assert,
  }) => {
    const client = await aClient()
    const put = (body: object) => api(client).put('users/notification-preferences', body)
    assert.deepEqual(said(expectProblem(await put({ security: { email: false } }), 422)), {
      'security.email': 'security.email must be true.',
    })
    const unknown = said(expectProblem(await put({ weather: { email: true } }), 422))
    assert.match(unknown.weather, /Name at least one of work, money, messages, account, security\./)
  })

  test('a proposal of an unknown kind is told the kinds; a provider goes by its name', async ({
    assert,
  }) => {
    const { client, project } = await activeProject({ payable: false })
    const kind = await api(client).post(`projects/${project.id}/proposals`, { kind: 'marry' })
    assert.match(said(expectProblem(kind, 422)).kind, /^kind must be change_project, .* or \w+\.$/)
    const account = await api(await aFreelancer()).post('payments/payout-accounts', {
      payment_provider: 'paypal',
    })
    assert.match(said(expectProblem(account, 422)).destination, /your PayPal account/)
  })
})
