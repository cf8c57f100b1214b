import { randomUUID } from 'node:crypto'
import strict from 'node:assert/strict'
import { test } from '@japa/runner'
import { resetAll } from '#tests/support/database'
import { assertDocumented } from '#tests/support/documented'
import { sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer, tokenOf } from '#tests/support/users'
import {
  BAD_KEYS,
  BAD_PAGES,
  BODIES,
  EMPTY_BODIES,
  FORBIDDEN_MEMBERS,
  NO_AMOUNTS,
  NO_CURRENCIES,
  NO_IDS,
  ODD_QUERIES,
  ODD_TEXTS,
  WRONG_TYPES,
} from './rubbish.js'
import { Recorder } from './recorder.js'
import {
  at,
  examplesOf as examplesIn,
  jsonRoutes,
  keyed,
  namesRecords,
  pathOf,
  placesIn,
  replaced,
  requestOf,
  routes,
  sendAs,
  type Answer,
  type Request,
  type Route,
} from './requests.js'
import { Snapshot } from './snapshot.js'
import { aWorld, examples, QUERIES, RAW, UNPAGED, type Example, type World } from './world.js'

/*
 * Rubbish for every endpoint, made from the routes of the running application and one accepted request
 * for each (`world.ts`). `npm test` sends a sample, drawn by SEED (default 1); LONG=1 sends all of it.
 */
const LONG = process.env.LONG === '1'
const SEED = Number(process.env.SEED ?? 1)
/** Writes the examples of the API's document. */
const WRITE_EXAMPLES = process.env.WRITE_EXAMPLES === '1'

type Caller =
  | 'nobody'
  | 'unverified'
  | 'unverified freelancer'
  | 'client'
  | 'freelancer'
  | 'strange client'
  | 'strange freelancer'

const SIGNED_IN: Caller[] = [
  'unverified',
  'unverified freelancer',
  'client',
  'freelancer',
  'strange client',
  'strange freelancer',
]

interface Case extends Request {
  what: string
  as: Caller
  /** Throws for an answer that is wrong; that there is no 5xx is seen to without it. */
  expect: (answer: Answer) => void
}

/** Fields that take text of any kind. */
const FREE_TEXT = [
  'title',
  'description',
  'note',
  'reason',
  'body',
  'first_name',
  'last_name',
  'bio',
].concat('password')

const AMOUNTS = /amount|rate$/
const CURRENCIES = /currency$/

let own: World
let strange: World
let table: Record<string, Example[]>
let snapshot: Snapshot
const tokens = new Map<Caller, string>()

const refused = ({ status, text }: Answer) =>
  strict.ok(status >= 400, `was accepted: ${status} ${text.slice(0, 200)}`)
const anything = () => {}
const exactly =
  (...wanted: number[]) =>
  ({ status, text }: Answer) =>
    strict.ok(wanted.includes(status), `wanted ${wanted}, got ${status} ${text.slice(0, 200)}`)

const takesBody = ({ method }: Route) => method === 'POST' || method === 'PUT'

const examplesOf = (route: Route) => examplesIn(route, table)

/** The request that is accepted. */
function valid(route: Route, example: Example, as: Caller = example.by): Case {
  return { what: 'as it should be', as, ...requestOf(route, example), expect: anything }
}

async function send({ as, ...request }: Case): Promise<Answer> {
  const { url, ...answer } = await sendAs(tokens.get(as), request)
  // HEAD and OPTIONS belong to the protocol; the document has what is ours.
  if (request.method !== 'HEAD' && request.method !== 'OPTIONS') {
    assertDocumented({
      method: request.method,
      path: new URL(url).pathname,
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? '',
      body: answer.text,
    })
  }
  return answer
}

/** What is true of every answer to whatever was sent. */
function assertSane({ status, headers, text }: Answer): void {
  strict.ok(status < 500, `${status} ${text}`)
  if (status < 400) return
  strict.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
  const problem = JSON.parse(text)
  strict.equal(problem.status, status)
  for (const member of ['type', 'title', 'detail', 'code', 'request_id']) {
    strict.equal(typeof problem[member], 'string', `a problem without ${member}: ${text}`)
  }
  strict.ok(status !== 422 || problem.errors || problem.code, text)
  strict.doesNotMatch(text, /node_modules|\bselect .* from\b|insert into|app\/\w+\/\w+\.[tj]s/i)
}

/** What went out to Stripe and could have an effect there. */
const sentToStripe = () => sandbox.requestLog.filter(({ method }) => method === 'POST').length

/** So many requests are sent at once, and share one look at the tables. */
const TOGETHER = 16

/**
 * Sends all cases, or the sample that the seed draws, and reports everything that was wrong.
 *
 * After a refusal nothing may be written, here or at the provider; after a success the world is made
 * as it was.
 */
async function judge(cases: Case[], size = 10_000): Promise<number> {
  const chosen = sampled(cases, size)
  const wrong: string[] = []
  const sure = chosen.filter(mayNotWrite)
  for (let from = 0; from < sure.length; from += TOGETHER) {
    const together = sure.slice(from, from + TOGETHER)
    const stripe = sentToStripe()
    const found = (await Promise.all(together.map((one) => wrongIn(one)))).flat()
    if (found.length > 0 || sentToStripe() > stripe || (await snapshot.written()).length > 0) {
      // Somebody wrote: who it was shows when they come one by one.
      await snapshot.restore()
      for (const one of together) wrong.push(...(await wrongAlone(one)))
    }
  }
  for (const one of chosen) if (!mayNotWrite(one)) wrong.push(...(await wrongAlone(one)))
  if (wrong.length > 0) {
    const shown = wrong.slice(0, 60).join('\n')
    throw new Error(
      `${wrong.length} of ${chosen.length} answers are wrong (SEED=${SEED}):\n${shown}`
    )
  }
  return chosen.length
}

const mayNotWrite = ({ method, expect }: Case) => expect !== anything || method === 'GET'

/** What is wrong with the answer to a request, in words. */
async function wrongIn(
  one: Case,
  alsoWrong?: (answer: Answer) => Promise<void>
): Promise<string[]> {
  try {
    const answer = await send(one)
    assertSane(answer)
    one.expect(answer)
    await alsoWrong?.(answer)
    return []
  } catch (error) {
    const { method, path, as, what, body } = one
    const reason = (error as Error).message.split('\n').slice(0, 2).join(' ').slice(0, 400)
    const sent = typeof body === 'string' ? body.slice(0, 120) : ''
    return [`${method} ${path.slice(0, 120)} as ${as}, ${what}: ${reason} [${sent}]`]
  }
}

async function wrongAlone(one: Case, seen: (answer: Answer) => void = () => {}): Promise<string[]> {
  const stripe = sentToStripe()
  const found = await wrongIn(one, async (answer) => {
    const { status } = answer
    seen(answer)
    if (status < 400 && one.method !== 'GET') return
    const written = await snapshot.written()
    strict.ok(written.length === 0, `answered ${status}, yet wrote to ${written.join(', ')}`)
    strict.equal(sentToStripe(), stripe, 'refused, yet asked Stripe to do something')
  })
  await snapshot.restore()
  return found
}

/** Keeps what is text of a request and its answer; of files there is nothing to see. */
function recorded(
  recorder: Recorder,
  { method, pattern }: Route,
  { title }: Example,
  { body }: Case,
  { status, headers, text }: Answer
): void {
  const type = headers.get('content-type') ?? ''
  const isJson = type.startsWith('application/json')
  const isText = type.startsWith('text/')
  recorder.add(`${method} /api/${pattern}`, {
    title,
    status,
    ...(typeof body === 'string' && { request: JSON.parse(body) }),
    ...((isJson || isText) && { response: isJson ? JSON.parse(text) : text }),
  })
}

/** A sample that has something of every route in it. */
function sampled(cases: Case[], size: number): Case[] {
  if (LONG || cases.length <= size) return cases
  let state = SEED >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return cases
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, size)
    .map(({ one }) => one)
}

test.group('Bad input', (group) => {
  group.setup(async () => {
    await resetAll()
    own = await aWorld()
    strange = await aWorld()
    table = examples(own)
    const unverified = await aClient({ verified: false })
    const unverifiedFreelancer = await aFreelancer({ verified: false })
    tokens.set('client', await tokenOf(own.client))
    tokens.set('freelancer', await tokenOf(own.freelancer))
    tokens.set('strange client', await tokenOf(strange.client))
    tokens.set('strange freelancer', await tokenOf(strange.freelancer))
    tokens.set('unverified', await tokenOf(unverified))
    tokens.set('unverified freelancer', await tokenOf(unverifiedFreelancer))
    sandbox.webhookMode({ paused: true })
    snapshot = await Snapshot.take()
  })
  group.teardown(async () => {
    await snapshot.restore()
    await snapshot.drop()
  })

  test('every route has an example, which is accepted; no example is without its route', async ({
    assert,
  }) => {
    const names = routes().map(({ name }) => name)
    assert.deepEqual(
      [...Object.keys(table), ...RAW].filter((name) => !names.includes(name)),
      [],
      'examples without a route'
    )
    assert.deepEqual(
      jsonRoutes()
        .filter((route) => examplesOf(route).length === 0)
        .map(({ name }) => name),
      [],
      'routes without an example: add one to tests/functional/api/world.ts'
    )
    const accepted = exactly(200, 201, 202, 204)
    const wrong: string[] = []
    const recorder = new Recorder({ clara: own.client, frank: own.freelancer })
    for (const route of jsonRoutes()) {
      for (const example of examplesOf(route)) {
        const request = { ...valid(route, example), expect: accepted }
        const record = (answer: Answer) => recorded(recorder, route, example, request, answer)
        wrong.push(...(await wrongAlone(request, record)))
      }
    }
    assert.deepEqual(wrong, [])
    if (WRITE_EXAMPLES) await recorder.write()
  }).timeout(60_000)

  test('a body that is no JSON object is a 4xx', async () => {
    const cases = jsonRoutes()
      .filter(takesBody)
      .flatMap((route) => {
        const [example] = examplesOf(route)
        return callersFor(example).flatMap((as) => [
          ...BODIES.map(({ what, body, headers }) => ({
            ...valid(route, example, as),
            what,
            body,
            headers: { ...keyed(), ...(headers as Record<string, string>) },
            expect: refused,
          })),
          ...EMPTY_BODIES.map((body) => ({
            ...valid(route, example, as),
            what: `the body ${body}`,
            body,
            expect: isForeign(as, example) ? refused : anything,
          })),
        ])
      })
    await judge(cases, 300)
  }).timeout(LONG ? 1_200_000 : 60_000)

  test('no field takes what it is not', async () => {
    const cases = jsonRoutes()
      .filter(takesBody)
      .flatMap((route) => examplesOf(route).flatMap((example) => fieldCases(route, example)))
    await judge(cases, 800)
  }).timeout(LONG ? 3_600_000 : 60_000)

  test('text with half a character is a 422 that names its field', async ({ assert }) => {
    const cases = jsonRoutes()
      .filter(takesBody)
      .flatMap((route) => examplesOf(route).map((example) => ({ route, example })))
      .flatMap(({ route, example }) =>
        placesIn(example.body)
          .filter((path) => typeof at(example.body, path) === 'string')
          .filter((path) => FREE_TEXT.includes(String(path.at(-1))))
          .map((path) => ({
            ...valid(route, example),
            what: `${path.join('.')} with half a character`,
            body: replaced(example.body!, path, '"well, \\ud83d"'),
            expect: ({ status, text }: Answer) => {
              const fields = JSON.parse(text).errors?.map(({ field }: any) => field)
              strict.deepEqual([status, fields], [422, [path.join('.')]], text)
            },
          }))
      )
    assert.isAbove(await judge(cases), 10)
  }).timeout(60_000)

  test('members that nobody asked for change nothing', async ({ assert }) => {
    const known = new Set([...Object.values(own), ...Object.values(strange)].map(String))
    for (const value of Object.values(FORBIDDEN_MEMBERS)) known.add(String(value))
    for (const person of [own.client, own.freelancer, strange.client, strange.freelancer]) {
      known.add(person.id)
    }
    const wrong: string[] = []
    for (const route of jsonRoutes().filter(takesBody)) {
      for (const example of examplesOf(route).filter(({ file }) => !file)) {
        const plain = valid(route, example)
        const extra = { ...FORBIDDEN_MEMBERS, client_id: strange.client.id, user_id: own.client.id }
        const more = { ...extra, ...example.body, changes: undefined }
        const changes = example.body?.changes as object | undefined
        const body = JSON.stringify({
          ...more,
          ...(changes && { changes: { ...extra, ...changes } }),
        })
        const outcomes: [number, string[]][] = []
        for (const one of [plain, { ...plain, headers: keyed(), body }]) {
          const answer = await send(one)
          assertSane(answer)
          outcomes.push([answer.status, await snapshot.difference(known)])
          await snapshot.restore()
        }
        const [without, withExtra] = outcomes
        if (JSON.stringify(without) !== JSON.stringify(withExtra)) {
          const lines = [
            ...without[1].filter((line) => !withExtra[1].includes(line)).map((line) => `- ${line}`),
            ...withExtra[1].filter((line) => !without[1].includes(line)).map((line) => `+ ${line}`),
          ]
          wrong.push(`${route.name}: ${without[0]} and ${withExtra[0]}\n${lines.join('\n')}`)
        }
      }
    }
    assert.deepEqual(wrong, [])
  }).timeout(120_000)

  test('an id that is none is a 404', async () => {
    const cases = jsonRoutes()
      .filter(({ pattern }) => pattern.includes(':'))
      .flatMap((route) => {
        const [example] = examplesOf(route)
        return [...NO_IDS, randomUUID(), example.params![0].toUpperCase() + 'a'].flatMap((id) =>
          callersFor(example).map((as) => ({
            ...valid(route, example, as),
            what: `the id ${id.slice(0, 40)}`,
            path: pathOf(route, example, [id]),
            expect: as === example.by ? exactly(404, ...(malformed(id) ? [400] : [])) : refused,
          }))
        )
      })
    await judge(cases, 300)
  }).timeout(LONG ? 600_000 : 60_000)

  test('what changes something takes its fields from the body alone', async ({ assert }) => {
    const changing = jsonRoutes().filter(
      ({ name, method }) => method !== 'GET' && QUERIES[name] === undefined
    )
    const cases = changing.flatMap((route) =>
      examplesOf(route).flatMap((example) => {
        const fine = valid(route, example)
        const [name = 'unknown'] = Object.keys(example.body ?? {})
        return [
          { ...fine, what: `${name} in the query, too`, path: `${fine.path}?${name}=1` },
          {
            ...fine,
            what: 'everything in the query, and no body',
            path: `${fine.path}?${asQuery(example.body ?? { unknown: 1 })}`,
            headers: keyed(),
            body: undefined,
          },
        ].map((one) => ({
          ...one,
          expect: ({ status, text }: Answer) =>
            strict.deepEqual([status, JSON.parse(text).code], [400, 'query_not_allowed'], text),
        }))
      })
    )
    assert.isAbove(await judge(cases), 100)
  }).timeout(60_000)

  test('a query that means nothing is a 422 where it would decide what is answered', async () => {
    const lists = new Set<string>()
    const gets = jsonRoutes().filter(({ method }) => method === 'GET')
    for (const route of gets) {
      const { text, headers } = await send(valid(route, examplesOf(route)[0]))
      // Files, such as receipts, are no lists.
      if (!headers.get('content-type')?.startsWith('application/json')) continue
      if (JSON.parse(text).meta && !UNPAGED.includes(route.name)) lists.add(route.name)
    }
    const cases = gets.flatMap((route) => {
      const [example] = examplesOf(route)
      const callers: Caller[] = LONG ? ['client', 'freelancer', 'strange client'] : [example.by]
      const path = pathOf(route, example)
      const glue = path.includes('?') ? '&' : '?'
      return callers.flatMap((as) => [
        ...BAD_PAGES.map((query) => ({
          ...valid(route, example, as),
          what: 'a bad page',
          path: path + glue + query,
          expect: lists.has(route.name) && as === example.by ? exactly(422) : anything,
        })),
        ...ODD_QUERIES.map((query) => ({
          ...valid(route, example, as),
          what: 'an odd query',
          path: path + glue + query,
          expect: anything,
        })),
      ])
    })
    await judge(cases, 300)
  }).timeout(LONG ? 600_000 : 60_000)

  test('money does not move without a proper Idempotency-Key', async ({ assert }) => {
    const wants: string[] = []
    const cases: Case[] = []
    for (const route of jsonRoutes().filter(({ method }) => method === 'POST')) {
      const [example] = examplesOf(route)
      if (example.by === 'nobody') continue
      const answer = await send({ ...valid(route, example), headers: {} })
      await snapshot.restore()
      if (answer.status !== 400) continue
      assert.equal(JSON.parse(answer.text).code, 'idempotency_key_required')
      wants.push(route.name)
      for (const { what, value } of BAD_KEYS) {
        const headers: Record<string, string> =
          value === undefined ? {} : { 'idempotency-key': value }
        cases.push({ ...valid(route, example), what, headers, expect: exactly(400) })
      }
    }
    assert.includeMembers(wants, [
      'POST milestones/:id/approve',
      'POST payments/deposit',
      'POST payments/release',
      'POST payments/refund',
      'POST payments/refunds/:id/accept',
      'POST offers/:id/accept',
      'POST disputes/:id/equal-split',
    ])
    await judge(cases)
  }).timeout(60_000)

  test('a webhook that Stripe has not signed is a 4xx', async () => {
    const cases = routes()
      .filter(({ name }) => RAW.includes(name))
      .flatMap((route) =>
        [
          ...BODIES,
          ...EMPTY_BODIES.map((body) => ({ what: 'nothing', body, headers: {} })),
        ].flatMap(({ what, body, headers }) =>
          [
            '',
            'garbage',
            't=1,v1=00',
            't=,v1=',
            `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`,
          ].map((signature) => ({
            what,
            as: 'nobody' as const,
            method: 'POST',
            path: route.pattern,
            body,
            headers: { 'stripe-signature': signature, ...(headers as Record<string, string>) },
            expect: refused,
          }))
        )
      )
    await judge(cases, 60)
  }).timeout(60_000)

  test('a path means the same with a slash at its end', async ({ assert }) => {
    for (const route of jsonRoutes()) {
      const [example] = examplesOf(route)
      for (const as of [example.by, 'nobody'] as Caller[]) {
        const one = { ...valid(route, example, as), body: takesBody(route) ? '{' : undefined }
        if (route.method === 'DELETE' && as !== 'nobody') continue
        const [path, query] = one.path.split('?')
        const plain = await send(one)
        const slashed = await send({ ...one, path: `${path}/${query ? `?${query}` : ''}` })
        const said = ({ status, text }: Answer) =>
          `${status} ${text.replace(/"(request_id|expires_at)":"[^"]*"|\/alnk_\w+|signature=[^"]*/g, '')}`
        assert.equal(said(slashed), said(plain), `${route.name} as ${as}`)
      }
    }
    await snapshot.restore()
  }).timeout(60_000)

  test('HEAD is GET without a body; OPTIONS, unknown paths and wrong methods are sane', async ({
    assert,
  }) => {
    const patterns = new Map<string, Set<string>>()
    for (const { pattern, method } of jsonRoutes()) {
      patterns.set(pattern, (patterns.get(pattern) ?? new Set()).add(method))
    }
    const cases: Case[] = []
    for (const route of jsonRoutes()) {
      const [example] = examplesOf(route)
      const base = { ...valid(route, example), body: undefined }
      if (route.method === 'GET') {
        const { status, text } = await send({ ...base, method: 'HEAD' })
        assert.equal(text, '', `HEAD ${route.pattern}`)
        assert.equal(status, (await send(base)).status, `HEAD ${route.pattern}`)
      }
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        if (patterns.get(route.pattern)!.has(method)) continue
        // `users/profile` and its like are ids to another route.
        cases.push({ ...base, what: 'a wrong method', method, expect: exactly(404, 405) })
      }
      cases.push({
        ...base,
        what: 'a longer path',
        path: `${base.path.split('?')[0]}/x/y`,
        expect: exactly(404),
      })
      const options = await send({ ...base, method: 'OPTIONS' })
      assert.isBelow(options.status, 500, `OPTIONS ${route.pattern}`)
    }
    for (const path of [
      '',
      'nothing',
      '../api',
      '../nothing',
      '%2e%2e/nothing',
      '.env',
      'projects//',
      '%',
      '%00',
    ]) {
      cases.push({
        what: 'an unknown path',
        as: 'client',
        method: 'GET',
        path,
        expect: path === 'projects//' ? anything : exactly(400, 404),
      })
    }
    await judge(cases)
    for (const path of ['..', '%2e%2e']) {
      const { status, text } = await sendAs(tokens.get('client'), { method: 'GET', path })
      assert.equal(status, 200, path)
      assert.match(text, /^<!doctype html>/i, 'the public page, which is none of the API')
    }
  }).timeout(60_000)
})

/** No URL at all, by its percent signs. */
function malformed(part: string): boolean {
  try {
    decodeURI(part)
    return false
  } catch {
    return true
  }
}

function asQuery(body: object): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(body)) query.append(name, String(value))
  return query.toString()
}

/** Whether a request names records that its sender has nothing to do with. */
function isForeign(as: Caller, { params, body }: Example): boolean {
  return as !== 'client' && as !== 'freelancer' && (params !== undefined || namesRecords(body))
}

/** Who sends rubbish: the one who may; in the long run everybody. */
function callersFor({ by }: Example): Caller[] {
  if (by === 'nobody') return ['nobody']
  return LONG ? [...SIGNED_IN, 'nobody'] : [by]
}

function fieldCases(route: Route, example: Example): Case[] {
  const body = example.body
  if (!body) return []
  return placesIn(body).flatMap((path) => {
    const name = String(path.filter((step) => typeof step === 'string').at(-1))
    const text = FREE_TEXT.includes(name) || (example.text ?? []).includes(name)
    const legal = (example.legal?.[name] ?? []).map((value) => JSON.stringify(value))
    const rubbish = [
      ...WRONG_TYPES.map((each) => ({ ...each, never: true })),
      ...ODD_TEXTS.map((each) => ({ ...each, never: !text })),
      ...(AMOUNTS.test(name) ? NO_AMOUNTS : []).map((each) => ({ ...each, never: true })),
      ...(CURRENCIES.test(name) ? NO_CURRENCIES : []).map((each) => ({ ...each, never: true })),
      { what: 'null', json: 'null', never: false },
    ]
    const changed = rubbish.map(({ what, json, never }) => ({
      what: `${path.join('.')} = ${what}`,
      body: replaced(body, path, json),
      expect: never && !legal.includes(json) ? refused : anything,
    }))
    const missing = {
      what: `without ${path.join('.')}`,
      body: replaced(body, path),
      expect: anything,
    }
    return [...changed, missing].flatMap((one) =>
      callersFor(example).map((as) => ({
        ...valid(route, example, as),
        ...one,
        expect: as === example.by ? one.expect : isForeign(as, example) ? refused : anything,
      }))
    )
  })
}
