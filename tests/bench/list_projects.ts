import assert from 'node:assert/strict'
import pg from 'pg'
import { freePort } from '../../bin/surroundings/ports.js'
import { script } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'
import type { Bench, Started } from './bench.js'
import { fetchBody, latencies, throughput, type Target } from './load.js'
import { workedMs } from './memory.js'
import { median, type Figure, type Measured, type Ratio } from './ratio.js'

const PROJECTS = 100_000
const ROWS = 50
const CALLERS = 10
const ROUNDS = 5
const ROUND_MS = 1000
/** Of which the work is weighed: the clock for that has steps of 10 ms. */
const REQUESTS = 2000

/** How fast the list of projects is: against a hand-written handler, and far down the list. */
export async function run(bench: Bench, web: Started): Promise<Measured> {
  const { processes, ports, databaseUrl, url, quick } = bench
  const { token, userId } = await signIn(url)
  const cursor = await writeProjects(databaseUrl, userId, 999 * ROWS)

  const path = `/api/projects?limit=${ROWS}`
  const app: Target = { port: ports.web, path, token }
  const page1000 = { ...app, path: `${path}&after=${cursor}` }
  const handWritten: Target = {
    port: await freePort(),
    path: `/projects?limit=${ROWS}&user=${userId}`,
  }
  const fastify = processes.start('fastify', script('tests/bench/fastify_projects.ts'), {
    env: { PORT: String(handWritten.port) },
  })
  const bytes = await waitFor('Fastify', () => fetchBody(handWritten).catch(() => undefined))
  assert.equal(await fetchBody(app), bytes, 'The two must give the same bytes')

  const rounds = quick ? 3 : ROUNDS
  return {
    ratios: [
      await againstHandWritten(app, handWritten, rounds),
      await farAgainstNear(app, page1000, rounds * 2),
    ],
    figures: [
      await workFor('GET /api/projects', app, web.pid),
      await workFor('the same by Fastify + pg', handWritten, fastify!),
    ],
  }
}

async function againstHandWritten(app: Target, handWritten: Target, turns: number): Promise<Ratio> {
  const measure = (target: Target) => throughput(target, CALLERS, ROUND_MS)
  // Both warm first, then turn by turn, so that what else the machine does meets both alike.
  await measure(app)
  await measure(handWritten)
  const rounds: [number, number][] = []
  for (let i = 0; i < turns; i++) rounds.push([await measure(app), await measure(handWritten)])
  return {
    name: `listing ${ROWS} projects`,
    subject: 'GET /api/projects, signed in',
    reference: 'Fastify + pg, same bytes, nobody signed in',
    ratio: median(rounds.map(([subject, reference]) => subject / reference)),
    required: 0.5,
    subjectPerSecond: median(rounds.map(([subject]) => subject)),
    referencePerSecond: median(rounds.map(([, reference]) => reference)),
  }
}

/** What one request costs its process, whatever else the machine does. */
async function workFor(name: string, target: Target, pid: number): Promise<Figure> {
  const before = await workedMs(pid)
  const requests = (await latencies(target, REQUESTS)).length
  const value = ((await workedMs(pid)) - before) / requests
  return { name: `CPU of ${name}`, value: value * 1000, unit: 'µs' }
}

async function farAgainstNear(page1: Target, page1000: Target, turns: number): Promise<Ratio> {
  const near: number[] = []
  const far: number[] = []
  for (let i = 0; i < turns; i++) {
    near.push(...(await latencies(page1, 40)))
    far.push(...(await latencies(page1000, 40)))
  }
  return {
    name: `page 1,000 of ${PROJECTS.toLocaleString('en')} projects`,
    subject: 'time of page 1,000',
    reference: 'time of page 1',
    ratio: median(far) / median(near),
    required: 1.2,
    atMost: true,
    subjectPerSecond: 1000 / median(far),
    referencePerSecond: 1000 / median(near),
  }
}

async function signIn(url: string): Promise<{ token: string; userId: string }> {
  const call = async (path: string, body: object) => {
    const response = await fetch(`${url}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { data } = (await response.json()) as { data: any }
    assert.ok(response.ok, `${path} answered ${response.status}`)
    return data
  }
  const credentials = { email: 'bench@example.com', password: 'correct horse battery staple' }
  const name = { first_name: 'Clara', last_name: 'Reyes' }
  await call('register', { ...credentials, ...name, user_type: 'client' })
  const { access_token: token, user } = await call('login', credentials)
  return { token, userId: user.id }
}

/** Writes the projects of one client and answers the cursor after the first `rows` of the list. */
async function writeProjects(databaseUrl: string, clientId: string, rows: number): Promise<string> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  const { rows: made } = await client.query(
    `INSERT INTO users (email, password, user_type, first_name, last_name)
     VALUES ('other@example.com', 'none', 'freelancer', 'Farid', 'Okafor') RETURNING id`
  )
  await client.query(
    `INSERT INTO projects (title, description, client_id, freelancer_id, total_amount, currency,
       status, deadline, platform_fee_bps, inspection_days)
     SELECT 'Project ' || n, repeat('What was agreed on. ', 8), $1, $2, 140000 + n, 'USD',
       'active', now() + interval '60 days', 1000, 14
     FROM generate_series(1, ${PROJECTS}) n`,
    [clientId, made[0].id]
  )
  await client.query('VACUUM ANALYZE projects, users')
  const { rows: last } = await client.query(
    'SELECT id FROM projects WHERE client_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2',
    [clientId, rows - 1]
  )
  await client.end()
  return Buffer.from(last[0].id.replaceAll('-', ''), 'hex').toString('base64url')
}
