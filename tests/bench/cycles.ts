import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { Api } from '../../bin/demo/api.js'
import { payWithStripeJs, submitOnboarding } from '../../bin/demo/browser.js'
import { script } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'
import { inApp, startWeb, startWorker, type Bench, type Started } from './bench.js'
import { keptBytes } from './inspector.js'
import { databaseWorkedMs, mebibytes, residentBytes, workedMs } from './memory.js'
import type { Signed } from './people.js'
import { latencyFigures, median, type Figure, type Measured } from './ratio.js'

const PAIRS = 10
/** Cycles that are under way at the same time. */
const AT_A_TIME = 16

interface World {
  bench: Bench
  database: pg.Pool
  pairs: { client: Signed; freelancer: Signed }[]
  paid: number
}

/**
 * From a deposit to its payout, over and over: deposit, the provider's webhook, work handed in and approved,
 * paid out and settled. By one worker, and by two.
 */
export async function run(bench: Bench): Promise<Measured> {
  const { processes, quick, databaseUrl, dir } = bench
  const count = quick ? 32 : 96
  const sandbox = await processes.serve('sandbox', script('sandbox/server.ts'))
  const web = await startWeb(bench)
  const worker = await startWorker(bench)
  const database = new pg.Pool({ connectionString: databaseUrl })
  bench.run.atEnd(() => database.end())
  const idle = await memoryOf({ web, worker })

  const world: World = { bench, database, pairs: await makePairs(bench, database), paid: 0 }
  const rest = await workedWhileIdle(worker, quick ? 3000 : 10_000)
  await round(world, count)
  const first = await memoryOf({ web, worker })
  await round(world, count)
  const second = await memoryOf({ web, worker })
  const memory = (who: keyof typeof idle) => [idle[who], first[who], second[who]] as const

  const data = join(dir, 'data')
  const cpu = async () => ({
    'web': await workedMs(web.pid),
    'the worker': await workedMs(worker.pid),
    'PostgreSQL': await databaseWorkedMs(data),
    'the stand-in for Stripe': await workedMs(sandbox!),
  })
  const byOne: number[] = []
  const byTwo: number[] = []
  const before = await cpu()
  byOne.push(await round(world, count))
  const after = await cpu()
  const since = (await database.query('SELECT now() AS now')).rows[0].now
  for (let i = 0; i < (quick ? 1 : 2); i++) {
    if (i > 0) byOne.push(await round(world, count))
    const another = await startWorker(bench, 'worker2')
    byTwo.push(await round(world, count))
    await another.stop()
  }
  const booked = await untilBooked(database, since)
  await worker.stop()
  await web.stop()

  const worked = Object.keys(before) as (keyof typeof before)[]
  const figures: Figure[] = [
    ...latencyFigures('from webhook to ledger entry', booked),
    ...worked.map((who) => ({
      name: `CPU of ${who} per cycle`,
      value: (after[who] - before[who]) / count,
      unit: 'ms',
    })),
    { name: 'CPU of a worker that has nothing to do', value: rest / 10, unit: '%' },
    ...memoryFigures('web', count, memory('web')),
    ...memoryFigures('a worker', count, memory('worker')),
  ]
  return {
    ratios: [
      {
        name: 'deposit to payout, per minute',
        subject: 'one web process, two workers',
        reference: 'one web process, one worker',
        ratio: median(byTwo) / median(byOne),
        required: 0.8,
        subjectPerSecond: median(byTwo) / 60,
        referencePerSecond: median(byOne) / 60,
      },
    ],
    figures: [
      { name: 'deposit to payout, one worker', value: median(byOne), unit: '/min' },
      ...figures,
    ],
  }
}

/** Clients, and freelancers whom Stripe can pay. */
async function makePairs(bench: Bench, database: pg.Pool): Promise<World['pairs']> {
  const people = async (type: string): Promise<Signed[]> => {
    const file = join(bench.dir, `${type}s.json`)
    await inApp(bench, 'people', type, PAIRS, file)
    return JSON.parse(await readFile(file, 'utf8'))
  }
  const clients = await people('client')
  const freelancers = await people('freelancer')
  for (const { token } of freelancers) {
    const api = new Api(bench.url, token)
    const { id } = await api.post('payments/payout-accounts', {
      payment_provider: 'stripe',
      country: 'US',
    })
    await submitOnboarding((await api.post(`payments/payout-accounts/${id}/onboarding-link`)).url)
  }
  await waitFor('the payout accounts', async () => {
    const { rows } = await database.query(
      `SELECT count(*)::int AS enabled FROM payout_accounts WHERE status = 'enabled'`
    )
    return rows[0].enabled === PAIRS
  })
  return clients.map((client, index) => ({ client, freelancer: freelancers[index] }))
}

/** @returns cycles per minute */
async function round(world: World, count: number): Promise<number> {
  const perMinute = await play(world, count)
  // They would come a minute later, with receipts, and count as work of the round after.
  await untilMailed(world.database)
  return perMinute
}

async function untilMailed(database: pg.Pool): Promise<void> {
  await database.query(
    `UPDATE pgboss.job SET start_after = now() WHERE name = 'mail_notification' AND state < 'active'`
  )
  await waitFor(
    'the mails',
    async () => {
      const { rows } = await database.query(
        `SELECT count(*)::int AS waiting FROM pgboss.job
          WHERE name = 'mail_notification' AND state <= 'active'`
      )
      return rows[0].waiting === 0
    },
    { withinMs: 300_000, everyMs: 500 }
  )
}

async function play(world: World, count: number): Promise<number> {
  const { bench, database, pairs } = world
  const milestones = await agreed(database, pairs, count)
  const waiting = milestones.values()
  const watch = new Watch(database)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const { id, pair } of waiting) {
        const client = new Api(bench.url, pairs[pair].client.token)
        const freelancer = new Api(bench.url, pairs[pair].freelancer.token)
        const deposit = await client.pay('payments/deposit', {
          milestone_ids: [id],
          payment_provider: 'stripe',
        })
        await payWithStripeJs(bench.sandboxUrl, deposit.client_action, 'pm_card_visa')
        await watch.untilFunded(id)
        await freelancer.post(`milestones/${id}/submit`, { note: 'Done.' })
        await client.pay(`milestones/${id}/approve`)
      }
    })
  )
  world.paid += count
  await waitFor(
    `${world.paid} payouts`,
    async () => {
      const { rows } = await database.query(
        `SELECT count(*)::int AS paid FROM payouts WHERE state = 'paid'`
      )
      return rows[0].paid === world.paid
    },
    { withinMs: 60_000, everyMs: 20 }
  )
  watch.stop()
  return (count * 60_000) / (performance.now() - started)
}

/** Projects as both sides have agreed on them, each with one milestone. */
async function agreed(
  database: pg.Pool,
  people: World['pairs'],
  count: number
): Promise<{ id: string; pair: number }[]> {
  const { rows } = await database.query(
    `WITH pair AS (
       SELECT * FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS p (client, freelancer, number)
     ), project AS (
       INSERT INTO projects (title, description, client_id, freelancer_id, total_amount, currency, status,
           deadline, platform_fee_bps, inspection_days)
         SELECT 'Project ' || n, 'What was agreed on.', client, freelancer, 10000, 'USD', 'active',
                now() + interval '60 days', 1000, 14
           FROM generate_series(0, $3::int - 1) n JOIN pair ON number = n % $4::int + 1
         RETURNING id, client_id
     ), account AS (
       INSERT INTO escrow_accounts (project_id, currency) SELECT id, 'USD' FROM project
     ), milestone AS (
       INSERT INTO milestones (project_id, title, description, amount, currency, due_date)
         SELECT id, 'All of it', 'What was agreed on.', 10000, 'USD', now() + interval '30 days' FROM project
         RETURNING id, project_id
     )
     SELECT milestone.id, number::int - 1 AS pair
       FROM milestone JOIN project ON project.id = project_id JOIN pair ON client = client_id
      ORDER BY random()`,
    [
      people.map(({ client }) => client.id),
      people.map(({ freelancer }) => freelancer.id),
      count,
      people.length,
    ]
  )
  return rows
}

/** Sees which milestones have their money, all of them with one look. */
class Watch {
  #waiting = new Map<string, () => void>()
  #timer: NodeJS.Timeout

  constructor(database: pg.Pool) {
    this.#timer = setInterval(async () => {
      if (this.#waiting.size === 0) return
      const { rows } = await database.query(
        'SELECT id FROM milestones WHERE funded_at IS NOT NULL AND id = ANY($1)',
        [[...this.#waiting.keys()]]
      )
      for (const { id } of rows) {
        this.#waiting.get(id)?.()
        this.#waiting.delete(id)
      }
    }, 20)
  }

  untilFunded(id: string): Promise<void> {
    return new Promise((funded) => this.#waiting.set(id, funded))
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Milliseconds from the first word of a payment until its entry was booked, by the database's clock. */
async function untilBooked(database: pg.Pool, since: Date): Promise<number[]> {
  const { rows } = await database.query(
    `SELECT extract(epoch FROM min(e.created_at) - min(i.received_at))::float * 1000 AS ms
       FROM journal_entries e
       JOIN transactions t ON t.id = e.transaction_id
       JOIN inbox_events i ON t.provider_transaction_id IN
            (i.payload #>> '{data,object,payment_intent}', i.payload #>> '{data,object,id}')
      WHERE e.kind = 'deposit_captured' AND e.created_at > $1
      GROUP BY t.id`,
    [since]
  )
  return rows.map(({ ms }) => ms)
}

async function workedWhileIdle({ pid }: Started, ms: number): Promise<number> {
  const before = await workedMs(pid)
  await new Promise((wake) => setTimeout(wake, ms))
  return ((await workedMs(pid)) - before) / (ms / 1000)
}

interface Memory {
  /** In RAM, garbage that nobody has collected yet included. */
  resident: number
  kept: number
}

async function memoryOf(started: { web: Started; worker: Started }) {
  const of = async (each: Started): Promise<Memory> => ({
    resident: await residentBytes(each.pid),
    kept: await keptBytes(each),
  })
  return { web: await of(started.web), worker: await of(started.worker) }
}

/** It was -10 to 16 in rounds of 32; a receipt or a mail of each cycle that is never let go of is more. */
const MOST_KEPT_KIB = 40

function memoryFigures(
  who: string,
  cycles: number,
  [idle, first, second]: readonly [Memory, Memory, Memory]
): Figure[] {
  const mib = (name: string, bytes: number): Figure => ({
    name,
    value: mebibytes(bytes),
    unit: 'MiB',
  })
  return [
    mib(`memory of ${who}, idle`, idle.resident),
    mib(`memory of ${who} after load`, first.resident),
    mib(`memory of ${who} after load again`, second.resident),
    mib(`kept by ${who}, idle`, idle.kept),
    mib(`kept by ${who} after load`, first.kept),
    mib(`kept by ${who} after load again`, second.kept),
    {
      name: `kept more by ${who} for each cycle of the second load`,
      value: (second.kept - first.kept) / 1024 / cycles,
      unit: 'KiB',
      atMost: MOST_KEPT_KIB,
    },
  ]
}
