import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { openApiDocument } from '#openapi/document'
import { api } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject } from '#tests/support/projects'
import { console, createStaff } from '#tests/support/staff'
import { aClient } from '#tests/support/users'

const CARD = '4242 4242 4242 4242'
const DIGITS = CARD.replaceAll(' ', '')

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/** Every route of the API that takes a body of JSON. */
function writes(): { method: string; path: string }[] {
  return Object.values(router.toJSON())
    .flat()
    .filter(({ pattern }) => /^\/(api\/(?!webhooks|notifications\/unsub)|__transmit)/.test(pattern))
    .filter(({ pattern }) => !/avatar$|\/(deliverables|evidence)$/.test(pattern))
    .flatMap(({ methods, pattern }) =>
      methods
        .filter((method) => !['GET', 'HEAD'].includes(method))
        .map((method) => ({ method, path: pattern.replaceAll(/:\w+/g, 'x') }))
    )
}

/** The tables that hold it in any column. */
async function keptIn(): Promise<string[]> {
  const { rows } = await db.rawQuery(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss')`
  )
  const found: string[] = []
  for (const { name } of rows) {
    const { rows: hits } = await db.rawQuery(
      `SELECT 1 FROM ${name} AS kept WHERE kept::text LIKE ? OR kept::text LIKE ? LIMIT 1`,
      [`%${DIGITS}%`, `%${CARD}%`]
    )
    if (hits.length > 0) found.push(name)
  }
  return found
}

test.group('Card data', (group) => {
  group.each.setup(() => resetAll())

  test('has no field in the API', ({ assert }) => {
    const fields = new Set<string>()
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return
      const { properties, parameters } = node as Record<string, any>
      for (const name of Object.keys(properties ?? {})) fields.add(name)
      for (const { name } of Array.isArray(parameters) ? parameters : []) fields.add(name)
      Object.values(node).forEach(collect)
    }
    collect(openApiDocument())
    assert.isAbove(fields.size, 100)
    const words = /card|cvc|cvv|\bpan\b|(^|_)(exp|expiry)(_|$)|track_?[12]|pin_?block/i
    assert.deepEqual(
      [...fields].filter((name) => words.test(name)),
      []
    )
  })

  test('is refused at every endpoint that takes a body, however deep, before anything else', async ({
    assert,
  }) => {
    const all = writes()
    assert.isAbove(all.length, 50)
    for (const { method, path } of all) {
      for (const [body, field] of [
        [{ note: `It is ${CARD}, thanks` }, 'note'],
        [{ changes: { title: ['a', DIGITS] } }, 'changes.title.1'],
        [{ number: Number(DIGITS) }, 'number'],
        [{ [DIGITS]: 1 }, ''],
      ] as const) {
        const answer = await fetch(base() + path, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        const text = await answer.text()
        assert.equal(answer.status, 422, `${method} ${path}: ${text}`)
        assert.notInclude(text, DIGITS)
        assert.notInclude(text, CARD)
        const { errors } = JSON.parse(text)
        assert.deepInclude(errors[0], { field, rule: 'cardData' })
        assert.match(errors[0].message, /Never send card data/)
      }
    }
  })

  test('is refused in keys, queries, names of files and forms, and kept nowhere', async ({
    assert,
  }) => {
    const { client, project, milestones } = await activeProject({ amounts: ['100.00'] })
    const key = await api(client).post(
      'payments/deposit',
      { milestone_ids: [milestones[0].id], rail: 'stripe' },
      { idempotencyKey: DIGITS }
    )
    assert.equal(key.status, 422)
    assert.equal(key.body.errors[0].field, 'Idempotency-Key')
    const query = await api(client).get('projects', { query: { cursor: DIGITS } })
    assert.equal(query.status, 422)
    const message = await api(client).post(`projects/${project.id}/messages`, { body: CARD })
    assert.equal(message.status, 422)
    const named = await api(client).upload('users/upload-avatar', 'avatar', 'x', `${CARD}.png`)
    assert.equal(named.status, 422)
    assert.equal(named.body.errors[0].rule, 'cardData')

    const staff = console(await createStaff())
    await staff.get('/console/settings/inspection_days')
    const form = await staff.post('/console/settings/inspection_days', {
      value: '9',
      version: 0,
      reason: `The client with ${CARD}`,
    })
    assert.equal(form.status, 422)
    assert.match(form.text, /Never send card data/)
    assert.notInclude(form.text, CARD)
    // Nor by a form that is too old, whose fields are kept to be shown again.
    await staff.post('/console/settings/inspection_days', { _csrf: 'old', reason: CARD })
    assert.equal((await staff.get(`/console/search?q=${DIGITS}`)).status, 422)
    assert.deepEqual(await keptIn(), [])
  })

  test('what is near to it is taken: amounts, ids, phone numbers and passwords', async ({
    assert,
  }) => {
    const { client, project } = await activeProject({ amounts: ['100.00'] })
    const body = `Order 12345678901234 for ${project.id}, call +1 415 555 0100, IBAN DE89 3704 0044 0532 0130 00.`
    assert.equal((await api(client).post(`projects/${project.id}/messages`, { body })).status, 201)
    const login = await fetch(`${base()}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: (await aClient()).email, password: DIGITS }),
    })
    assert.equal(login.status, 401, 'that it looks like a card is not told')
  })

  test('in the id of a request is not written down', async ({ assert }) => {
    const answer = await fetch(`${base()}/api/nowhere`, { headers: { 'x-request-id': DIGITS } })
    assert.notInclude(await answer.text(), DIGITS)
  })
})
