import strict from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import { resetAll } from '#tests/support/database'
import { sandbox } from '#tests/support/sandbox'
import {
  at,
  examplesOf,
  idsIn,
  jsonRoutes,
  replaced,
  requestOf,
  sendAs,
  type Answer,
  type Request,
  type Route,
} from '../api/requests.js'
import { Snapshot } from '../api/snapshot.js'
import { examples, type Example } from '../api/world.js'
import {
  API,
  CALLERS,
  cellOf,
  ELSEWHERE,
  isOfTheSite,
  STREAMS,
  type Caller,
  type Cell,
} from './access.js'
import { authorizationDocument } from './document.js'
import { everybody, type People } from './people.js'

/** A cell of the matrix: what somebody sends, and what it must be answered with. */
interface Call {
  what: string
  as: Caller
  token?: string
  request: Request
  cell: Cell
  /** It is accepted when its turn comes, and not only let in. */
  accepted: boolean
  /** Whoever has the password of an account is let in to it, whoever else they are. */
  isPublic: boolean
}

/** Those who are what they are only after something has happened to the parties. */
const LATER: Caller[] = ['unverified', 'suspended']

let people: People
let table: Record<string, Example[]>
let snapshot: Snapshot

const examplesFor = (route: Route) => examplesOf(route, table)

function callsOf(as: Caller, routes = jsonRoutes()): Call[] {
  return routes.flatMap((route) => examplesFor(route).map((example) => callOf(as, route, example)))
}

function callOf(as: Caller, route: Route, example: Example): Call {
  const access = API[route.name]
  const isInvitation = access.rule === 'the invited'
  const { token, headers } = people.credentials(as, example, isInvitation)
  const request = requestOf(route, example)
  request.headers = { ...request.headers, ...headers }
  if (as === 'invited' && !isInvitation) {
    request.path = people.aboutTheOffer(request.path)
    if (typeof request.body === 'string') request.body = people.aboutTheOffer(request.body)
  }
  const cell = cellOf(access, as, example.shared)
  const entitled = isInvitation ? 'invited' : example.by
  return {
    what: `${route.name}${example.title ? ` (${example.title})` : ''} as ${as}`,
    as,
    token,
    request,
    cell,
    accepted: cell === 'yes' && (as === entitled || as === 'unverified'),
    isPublic: access.rule === 'anybody',
  }
}

/** Refusals for what somebody is, or is not; others are about what they sent, or when. */
const OF_AUTHORITY = [401, 403, 404]

function judge({ cell, accepted }: Call, { status, text }: Answer): void {
  const got = `got ${status} ${text.slice(0, 160)}`
  if (cell !== 'yes') strict.equal(status, cell, got)
  else if (accepted) strict.ok(status < 300, `should be accepted, ${got}`)
  else strict.ok(!OF_AUTHORITY.includes(status) && status < 500, `should be let in, ${got}`)
}

const sentToStripe = () => sandbox.requestLog.filter(({ method }) => method === 'POST').length

/** So many refusals share one look at the tables. */
const TOGETHER = 16

/** Sends all of them. @returns what was wrong, in words; an answer to another than its owner that shows too much is */
async function wrongIn(calls: Call[]): Promise<string[]> {
  const wrong: string[] = []
  const note = (what: string, error: unknown) =>
    wrong.push(`${what}: ${(error as Error).message.split('\n')[0]}`)
  const send = async (call: Call) => {
    try {
      const answer = await sendAs(call.token, call.request)
      judge(call, answer)
      if (call.as.startsWith('other') && !call.isPublic) assertShowsNothing(answer)
    } catch (error) {
      note(call.what, error)
    }
  }
  const refused = calls.filter(({ cell }) => cell !== 'yes')
  for (let from = 0; from < refused.length; from += TOGETHER) {
    const together = refused.slice(from, from + TOGETHER)
    const before = sentToStripe()
    await Promise.all(together.map(send))
    const written = await snapshot.written()
    const which = together.map(({ what }) => what).join(', ')
    if (written.length > 0) wrong.push(`one of these wrote to ${written.join(', ')}: ${which}`)
    if (sentToStripe() > before) wrong.push(`one of these asked Stripe to do something: ${which}`)
    if (written.length > 0) await snapshot.restore()
  }
  for (const call of calls) {
    if (call.cell !== 'yes') continue
    await send(call)
    if (call.request.method !== 'GET') await snapshot.restore()
  }
  await snapshot.restore()
  return wrong
}

/** Whatever somebody is let in to, nothing in it is of a project that they have nothing to do with. */
function assertShowsNothing({ status, text }: Answer): void {
  if (status >= 300) return
  const ours = Object.values(people.own).filter((value) => typeof value === 'string')
  for (const { id, email } of people.parties) ours.push(id, email)
  const shown = ours.filter((value) => value.length > 20 && text.includes(value))
  strict.deepEqual(shown, [], `shows what belongs to others: ${text.slice(0, 200)}`)
}

/** The path of a request says which project it is about, and an id in its body must belong to that one. */
const isOfOneProject = ({ pattern }: Route, path: (string | number)[]) =>
  /^(projects|milestones)\/:id\//.test(pattern) && path[0] !== 'changes'

test.group('Who may call what', (group) => {
  group.setup(async () => {
    await resetAll()
    people = await everybody()
    table = examples(people.own)
    sandbox.webhookMode({ paused: true })
    snapshot = await Snapshot.take()
  })
  group.teardown(() => snapshot.drop())

  test('every route says who may call it, and nothing is said of a route that is not there', ({
    assert,
  }) => {
    const names = Object.values(router.toJSON())
      .flat()
      .filter((route) => !isOfTheSite(route))
      .flatMap(({ pattern, methods }) =>
        methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${pattern}`)
      )
      .filter((name) => !/^[A-Z]+ \/(console(\/|$)|api\/test\/)/.test(name))
    const declared = [
      ...Object.keys(API).map((name) => name.replace(' ', ' /api/')),
      ...Object.keys(ELSEWHERE),
      ...STREAMS,
    ]
    assert.sameMembers(names, declared, 'tests/functional/security/access.ts says who may')
  })

  test('docs/authorization.md says the same', async ({ assert }) => {
    const path = app.makePath('docs/authorization.md')
    const options = { ...(await resolveConfig(path)), parser: 'markdown' }
    const text = await format(authorizationDocument(), options)
    if (process.env.WRITE_DOCS === '1') await writeFile(path, text)
    assert.equal(await readFile(path, 'utf8'), text, 'write it anew with WRITE_DOCS=1')
  })

  for (const as of Object.keys(CALLERS).filter((one) => !LATER.includes(one as Caller))) {
    test(`the API lets in or refuses as it should: ${as}`, async ({ assert }) => {
      assert.deepEqual(await wrongIn(callsOf(as as Caller)), [])
    }).timeout(60_000)
  }

  test('an id of another project in an otherwise fine body is one of nothing', async ({
    assert,
  }) => {
    const elsewhere = examples(people.strange)
    const calls = jsonRoutes().flatMap((route) =>
      examplesFor(route).flatMap((example, index) =>
        idsIn(example.body).flatMap((path) => {
          const theirs = at(elsewhere[route.name][index].body, path)
          // Of strangers; and of another project of the same people, which the rest of the request is not about.
          const others = [
            theirs,
            ...(isOfOneProject(route, path) ? [people.own.draftMilestone] : []),
          ]
          return others.map((id) => ({
            what: `${route.name} with ${path.join('.')} of another project`,
            token: people.credentials(example.by as Caller, example, false).token,
            request: {
              ...requestOf(route, example),
              body: replaced(example.body!, path, JSON.stringify(id)),
            },
          }))
        })
      )
    )
    assert.isAbove(calls.length, 10)
    for (const { what, token, request } of calls) {
      const { status, text } = await sendAs(token, request)
      assert.oneOf(status, [404, 422], `${what}: ${text}`)
      assert.deepEqual(await snapshot.written(), [], what)
    }
  })

  test('a list that is asked for the records of others is as if there were none', async ({
    assert,
  }) => {
    const { own, strange } = people
    const asked = [
      `payments/transactions?project_id=${own.project}`,
      `payments/transactions?milestone_id=${own.funded}`,
      `payments/refunds?milestone_id=${own.funded}`,
      `disputes?milestone_id=${own.funded}`,
    ]
    for (const { email } of [strange.client, strange.freelancer]) {
      const as: Caller = email === strange.client.email ? 'other client' : 'other freelancer'
      const { token } = people.credentials(as, { by: 'client' }, false)
      for (const path of asked) {
        const { status, text } = await sendAs(token, { method: 'GET', path })
        const nothing = status === 404 || JSON.parse(text).data.length === 0
        assert.isTrue(nothing, `${path} as ${as}: ${status} ${text}`)
      }
    }
  })

  test('the API lets in or refuses as it should: unverified', async ({ assert }) => {
    await people.setVerified(false)
    snapshot = await Snapshot.take()
    assert.deepEqual(await wrongIn(callsOf('unverified')), [])
    await people.setVerified(true)
    snapshot = await Snapshot.take()
  }).timeout(60_000)

  test('the API lets in or refuses as it should: suspended', async ({ assert }) => {
    await people.suspend()
    snapshot = await Snapshot.take()
    assert.deepEqual(await wrongIn(callsOf('suspended')), [])
  }).timeout(60_000)
})
