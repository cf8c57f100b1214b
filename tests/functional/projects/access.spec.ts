import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject, inDays } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'

type Method = 'get' | 'post' | 'put' | 'delete'

/** Every endpoint about one record, with a body that it would accept. */
const endpoints: [Method, string, object?][] = [
  ['get', 'projects/{project}'],
  ['put', 'projects/{project}', { title: 'Taken over' }],
  ['delete', 'projects/{project}'],
  ['post', 'projects/{project}/cancel', {}],
  ['post', 'projects/{project}/complete', {}],
  ['get', 'projects/{project}/milestones'],
  [
    'post',
    'projects/{project}/milestones',
    { title: 'T', description: 'D', amount: '1.00', due_date: inDays(3) },
  ],
  ['get', 'milestones/{milestone}'],
  ['put', 'milestones/{milestone}', { title: 'Taken over' }],
  ['delete', 'milestones/{milestone}'],
  ['post', 'milestones/{milestone}/submit', { note: 'Mine' }],
  ['post', 'milestones/{milestone}/reject', { reason: 'Mine' }],
  ['post', 'projects/{project}/invitations', { email: 'friend@example.com' }],
  ['get', 'projects/{project}/activity'],
  ['get', 'projects/{project}/messages'],
  ['post', 'projects/{project}/messages', { body: 'Hello' }],
  ['get', 'projects/{project}/proposals'],
  [
    'post',
    'projects/{project}/proposals',
    { kind: 'change_project', changes: { title: 'Taken over' } },
  ],
  ['post', 'proposals/{proposal}/accept', {}],
  ['post', 'proposals/{proposal}/decline', {}],
  ['get', 'users/{user}'],
]

const lists = ['projects', 'invitations']

async function aCase() {
  const found = await activeProject({ payable: false })
  const proposal = expectData(
    await api(found.client).post(`projects/${found.project.id}/proposals`, {
      kind: 'change_project',
      changes: { title: 'Agreed?' },
    }),
    201
  )
  const ids: Record<string, string> = {
    project: found.project.id,
    milestone: found.milestone.id,
    proposal: proposal.id,
    user: found.client.id,
  }
  return { ...found, ids }
}

const fill = (path: string, ids: Record<string, string>) =>
  path.replace(/\{(\w+)\}/, (_, name) => ids[name])

/** Everything that a request could have written. */
async function everything() {
  const tables = ['projects', 'milestones', 'invitations', 'proposals', 'messages', 'activity']
  const rows = await Promise.all(tables.map((table) => db.from(table).orderBy('id')))
  return JSON.stringify([...rows, await db.from('submissions')], (_, value) =>
    typeof value === 'bigint' ? String(value) : value
  )
}

test.group('Projects | who may', (group) => {
  group.each.setup(resetAll)

  test("other people's records are not found, and nothing is written", async ({ assert }) => {
    const { ids } = await aCase()
    const before = await everything()
    for (const stranger of [await aClient(), await aFreelancer()]) {
      for (const [method, path, body] of endpoints) {
        const answer = await api(stranger)[method](fill(path, ids), body as never)
        assert.equal(answer.status, 404, `${method} ${path} as a stranger`)
        expectProblem(answer, 404)
      }
      for (const list of lists) assert.deepEqual(expectData(await api(stranger).get(list)), [])
    }
    assert.equal(await everything(), before)
  })

  test('an id that is none is not found either: {$self}')
    .with([
      'x',
      '1',
      randomUUID(),
      '00000000-0000-0000-0000-000000000000',
      "'; DROP TABLE users",
      '%00',
    ])
    .run(async ({ assert }, id) => {
      const { client } = await aCase()
      for (const [method, path, body] of endpoints) {
        const target = path.replace(/\{\w+\}/, encodeURIComponent(id))
        const answer = await api(client)[method](target, body as never)
        assert.equal(answer.status, 404, `${method} ${target}`)
      }
    })

  test('nobody gets in without a token', async ({ assert }) => {
    const { ids } = await aCase()
    for (const [method, path, body] of endpoints) {
      const answer = await api()[method](fill(path, ids), body as never)
      assert.equal(answer.status, 401, `${method} ${path}`)
    }
  })

  test('a freelancer may not do what is for the client', async () => {
    const { freelancer, ids } = await aCase()
    const forbidden: [Method, string, object?][] = [
      ['post', 'projects/{project}/complete', {}],
      ['post', 'projects/{project}/invitations', { email: 'friend@example.com' }],
      ['post', 'milestones/{milestone}/reject', { reason: 'Mine' }],
      ['delete', 'projects/{project}'],
      ['delete', 'milestones/{milestone}'],
    ]
    for (const [method, path, body] of forbidden) {
      expectProblem(await api(freelancer)[method](fill(path, ids), body as never), 403)
    }
  })

  test('parties see each other, without addresses', async ({ assert }) => {
    const { client, freelancer } = await aCase()
    const seen = expectData(await api(client).get(`users/${freelancer.id}`))
    assert.equal(seen.first_name, freelancer.firstName)
    assert.notInclude(JSON.stringify(seen), freelancer.email)
    expectData(await api(freelancer).get(`users/${client.id}`))
  })
})

/** Bodies that no endpoint understands. */
const rubbish: unknown[] = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '5',
  {},
  { title: {}, body: [], note: 5, reason: null, email: 7, kind: 'x', total_amount: {} },
  { title: 'x'.repeat(100_000), body: 'x'.repeat(100_000), note: 'x'.repeat(100_000) },
  { title: '\u0000', body: '\u0000', note: '\u0000', reason: '\u0000', email: 'a\u0000@b.c' },
  { amount: -1, total_amount: 1e400, due_date: 'x', deadline: {}, changes: 'x', links: 'x' },
  { kind: 'change_project', changes: { total_amount: 'NaN' } },
  { kind: 'remove_milestone', milestone_id: 'x' },
  { kind: 'add_milestone', changes: [] },
]

test.group('Projects | rubbish', (group) => {
  group.each.setup(resetAll)

  test('every endpoint that takes a body answers rubbish with a problem and writes nothing', async ({
    assert,
  }) => {
    const { client, freelancer, ids } = await aCase()
    const bodied = endpoints.filter(([, , body]) => body && Object.keys(body).length > 0)
    const before = await everything()
    for (const user of [client, freelancer]) {
      for (const [method, path] of [...bodied, ['post', 'projects'] as const]) {
        for (const body of rubbish) {
          const answer = await api(user)[method as 'post'](fill(path, ids), body)
          const about = `${method} ${path} ${JSON.stringify(body).slice(0, 80)}`
          assert.isTrue(answer.status >= 400 && answer.status < 500, `${answer.status}: ${about}`)
        }
      }
    }
    assert.equal(await everything(), before)
  })

  test('every list refuses rubbish in its query', async ({ assert }) => {
    const { client, ids } = await aCase()
    const paths = endpoints.flatMap(([method, path]) =>
      method === 'get' && /\/(milestones|messages|activity|proposals)$/.test(path) ? [path] : []
    )
    for (const path of [...lists, ...paths]) {
      for (const query of ['limit=0', 'limit=9999', 'after=!', 'after[]=x', 'limit[a]=1']) {
        const answer = await api(client).get(`${fill(path, ids)}?${query}`)
        assert.equal(answer.status, 422, `${path}?${query}`)
      }
    }
  })
})
