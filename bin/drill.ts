/**
 * `npm run drill`: loses the database and gets it back, on the oldest PostgreSQL that we run on. Business goes on
 * while pg_dump runs and after it; the dump is restored and proven, and recovered as docs/runbook.md says. At
 * the end nobody was paid twice, and the books agree with the providers.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import {
  agree,
  approveFirst,
  openAccount,
  payIn,
  payoutOf,
  playMainJob,
  startDeposit,
  submitFirst,
  type Begun,
} from './demo/main_job.js'
import type { Data } from './demo/api.js'
import { demoProvider, type ProviderName } from './demo/providers.js'
import { Story } from './demo/story.js'
import { ace, Processes, script } from './surroundings/processes.js'
import type { Surroundings } from './surroundings/start.js'
import { temporarySurroundings } from './surroundings/temporary.js'
import { untilDone, type Run } from './surroundings/until_done.js'
import { waitForOk } from './surroundings/wait.js'

const POSTGRES = (process.env.POSTGRES_BIN ??= '/usr/lib/postgresql/15/bin')
const RESTORED = 'safesend_restored'
const BY = ['--by', 'The drill', '--reason', 'The database is lost']

const execute = promisify(execFile)
const started = Date.now()

const COMPLETED = `
  SELECT id FROM transactions WHERE status = 'completed' AND transaction_type IN ('deposit', 'payout')`

const PAYOUT_OF = `
  SELECT id FROM transactions
    WHERE transaction_type = 'payout' AND milestone_id = $1`

await untilDone(async (run) => {
  const surroundings = await temporarySurroundings(run, 'drill', 'development')
  const { processes, dir, databaseUrl } = surroundings
  const { interrupted } = run
  const [{ version }] = await query(databaseUrl, 'SELECT version()')
  step(version)
  await processes.run('migrate', ace('migration:run', '--no-schema-generate', '--compact-output'))
  await processes.serve('sandbox', script('sandbox/server.ts'), { interrupted })
  await processes.run(
    'float',
    ace('db:seed', '--files', 'database/seeders/opening_float_seeder.ts')
  )
  const first = await application(run, surroundings, databaseUrl)

  step('Business before the backup')
  const provider = (name: ProviderName) => demoProvider(name, surroundings)
  const begin = (name: ProviderName) => agree(surroundings, provider(name), silent(), interrupted)
  await playMainJob(surroundings, provider('stripe'), silent(), interrupted)
  const delivered = async (name: ProviderName, { payable = true } = {}) => {
    const job = await begin(name)
    if (payable) await openAccount(job)
    await payIn(job, await startDeposit(job))
    await submitFirst(job)
    return job
  }
  // Released twice: before the restore, which is lost, and after it.
  const again: Begun[] = [await delivered('stripe'), await delivered('paypal')]
  // Its payout waits for an account while the backup is made.
  const waiting = await delivered('stripe', { payable: false })
  await approveFirst(waiting)
  // Its payment is open meanwhile.
  const open = await begin('stripe')
  const payment = await startDeposit(open)

  step('pg_dump, with business going on')
  const dump = join(dir, 'backup.dump')
  await Promise.all([
    tool('pg_dump', databaseUrl, '--format=custom', `--file=${dump}`),
    playMainJob(surroundings, provider('venmo'), silent(), interrupted),
  ])

  step('Business that the backup does not have')
  for (const job of again) await approveFirst(job)
  await openAccount(waiting)
  await payIn(open, payment)
  for (const job of [...again, waiting]) await payoutOf(job)
  await first.stop()

  step('The database is lost; the dump is restored')
  const restoredUrl = await restore(databaseUrl, dump)
  const lost = await query(databaseUrl, COMPLETED)
  const restored = await query(restoredUrl, COMPLETED)
  const kept = new Set(restored.map(({ id }) => id))
  const expected = lost.filter(({ id }) => !kept.has(id))
  const verified = await verify(surroundings, restoredUrl)
  mustBe('the exit code of backup:verify', verified.code, 0)
  mustBe('what is broken', verified.json.broken.join('; '), '')
  const listed: Data[] = verified.json.rails.flatMap((rail: Data) => rail.lost)
  const movements = listed.filter(({ kind }) => kind === 'deposit' || kind === 'payout')
  mustBe(
    'the movements that are lost',
    idsOf(movements),
    idsOf(expected.map(({ id }) => ({ transaction_id: id })))
  )
  console.log(table(listed))

  step('A backup that is not whole is found')
  await findsDamage(surroundings, restoredUrl)

  step('The recovery, as in the runbook')
  const paid = await payments(surroundings)
  const inRestored = { env: { DATABASE_URL: restoredUrl } }
  const command = (...args: string[]) => processes.run('recovery', ace(...args), inRestored)
  await command('recovery:begin', '--until', verified.json.until, ...BY)
  const second = await application(run, surroundings, restoredUrl)
  await command('inbox:backfill', 'stripe')
  await command('inbox:backfill', 'paypal')
  await openAccount(waiting)
  await processes.run('pending', ace('reconcile:pending'), inRestored).catch(() => {})
  // Their clients find the work undecided, and approve it once more.
  for (const job of again) await approveFirst(job)
  await booked(restoredUrl, open)
  mustBe('payments made meanwhile', await payments(surroundings), paid)
  await refusesToEnd(command)
  for (const job of again) {
    const [payout] = await query(restoredUrl, PAYOUT_OF, [job.milestones[0].id])
    const [made] = await query(databaseUrl, PAYOUT_OF, [job.milestones[0].id])
    const listedAs = movements.find(({ transaction_id: id }) => id === made.id)!.source as string
    // As somebody does who does not know whether the first time came through.
    for (let times = 1; times <= 2; times++) {
      await command('payouts:adopt', payout.id, listedAs, ...BY)
    }
  }
  // What was made after the dump by people whom it does not know: somebody answers for each.
  const adopted = new Set(await Promise.all(again.map((job) => paymentOf(databaseUrl, job))))
  const strange = listed.filter(
    ({ known, transaction_id: id }) => !known && !adopted.has(id as string)
  )
  const tolerated = strange.flatMap(({ source, id }) => ['--tolerate', source || id])
  await command('recovery:end', '--despite-lag', ...tolerated, ...BY)
  await command('payouts:run')
  for (const job of [...again, waiting]) await payoutOf(job)

  step('After it')
  mustBe('payments in the end', await payments(surroundings), paid)
  const final = await verify(surroundings, restoredUrl)
  const left: Data[] = final.json.rails.flatMap((rail: Data) => rail.lost)
  mustBe('what is lost in the end', idsOf(left), idsOf(strange))
  mustBe('what is broken in the end', final.json.broken.join('; '), '')
  const ledger = await ace_(surroundings, restoredUrl, 'reconcile:ledger', '--json')
  const breaks = ledger.json.breaks.map(({ invariant }: Data) => invariant)
  mustBe(
    'invariants that are broken',
    breaks.filter((each: string) => each !== 'clearing_is_the_balance'),
    []
  )
  for (const { rail, currency, unexplained } of ledger.json.clearing) {
    const sum = left
      .filter((each) => each.rail === rail && each.currency === currency)
      .reduce((minor, { amount }) => minor + Math.round(Number(amount) * 100), 0)
    mustBe(`the difference to ${rail} in ${currency}`, unexplained, (sum / 100).toFixed(2))
  }
  await playMainJob(surroundings, provider('stripe'), silent(), interrupted)
  await second.stop()
  console.log(
    `\n${JSON.stringify({ ok: true, lost: expected.length, payments: paid.length, tolerated: strange.length })}`
  )
  return 0
})

/** Web server and worker on one of the databases, at the address that everybody knows. */
async function application(
  run: Run,
  { env, logs, url }: Surroundings,
  databaseUrl: string
): Promise<Processes> {
  const processes = new Processes({
    env: { ...env, DATABASE_URL: databaseUrl },
    logs,
    onDeath: (name, how, lines) => run.fail(`${name} ended (${how}):\n${lines.join('\n')}`),
  })
  run.atEnd(() => processes.stop())
  processes.start('worker', ace('queue:work'))
  await processes.serve('web', script('bin/server.ts'), { interrupted: run.interrupted })
  await waitForOk(`${url}/health/ready`, { interrupted: run.interrupted })
  return processes
}

/** The transaction that a release was paid by before the database was lost. */
async function paymentOf(url: string, { milestones }: Begun): Promise<string> {
  const [{ id }] = await query(url, PAYOUT_OF, [milestones[0].id])
  return id
}

async function restore(url: string, dump: string): Promise<string> {
  await query(url, `CREATE DATABASE ${RESTORED}`)
  const restored = on(url, RESTORED)
  await tool('pg_restore', restored, '--exit-on-error', '--no-owner', dump)
  return restored
}

/** One copy of the restored database after the other, each damaged in its own way. */
async function findsDamage(surroundings: Surroundings, restored: string): Promise<void> {
  const damages: [string, string, RegExp][] = [
    [
      'a missing row',
      `DELETE FROM postings WHERE ctid = (SELECT max(ctid) FROM postings)`,
      /entry_complete/,
    ],
    [
      'an edited amount',
      `UPDATE postings SET amount = amount + 1 WHERE account_seq = 1`,
      /entry_unchanged/,
    ],
    [
      'a trigger that is switched off',
      'ALTER TABLE journal_entries DISABLE TRIGGER append_only',
      /trigger append_only on journal_entries is switched off/,
    ],
  ]
  for (const [what, sql, words] of damages) {
    await query(
      restored,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${RESTORED}' AND pid <> pg_backend_pid()`
    )
    await query(on(restored, 'postgres'), 'DROP DATABASE IF EXISTS safesend_damaged')
    await query(on(restored, 'postgres'), `CREATE DATABASE safesend_damaged TEMPLATE ${RESTORED}`)
    const damaged = on(restored, 'safesend_damaged')
    await query(damaged, `SET session_replication_role = replica; ${sql}`)
    const { code, json } = await verify(surroundings, damaged, '--offline')
    mustBe(`the exit code for ${what}`, code, 1)
    if (!words.test(json.broken.join('\n'))) {
      throw new Error(`backup:verify does not name ${what}: ${json.broken.join('\n')}`)
    }
    console.log(`     ${what}: ${json.broken[0]}`)
  }
}

async function refusesToEnd(command: (...args: string[]) => Promise<unknown>): Promise<void> {
  const ended = await command('recovery:end', '--despite-lag', ...BY).then(
    () => true,
    () => false
  )
  if (ended) throw new Error('recovery:end ended it while payments were missing in the books.')
}

/** The payment that was open at the backup is held again. */
async function booked(url: string, { wait, projectId }: Begun): Promise<void> {
  await wait('the open payment to be booked', async () => {
    const rows = await query(
      url,
      `SELECT t.status FROM transactions t JOIN escrow_accounts a ON a.id = t.escrow_account_id
        WHERE a.project_id = $1 AND t.transaction_type = 'deposit'`,
      [projectId]
    )
    return rows[0]?.status === 'completed'
  })
}

/** What really left us, as the stand-ins know it: every transfer, and every item of a payout. */
async function payments({ sandboxUrl, env }: Surroundings): Promise<string[]> {
  const state = async (url: string, kind: string) => {
    const answer = await fetch(`${url}/_sandbox/state?kind=${kind}`)
    const rows = (await answer.json()) as Data[]
    if (!answer.ok) throw new Error(`The stand-in answered ${answer.status}.`)
    return rows.map((row) => `${kind} ${row.id ?? row.payout_item_id}`)
  }
  return [
    ...(await state(sandboxUrl, 'transfer')),
    ...(await state(env.PAYPAL_API_BASE, 'payout_item')),
  ].toSorted()
}

async function verify(surroundings: Surroundings, url: string, ...args: string[]) {
  return ace_(surroundings, surroundings.databaseUrl, 'backup:verify', '--json', ...args, {
    BACKUP_DATABASE_URL: url,
  })
}

/** Runs a command and answers its exit code and its JSON. */
async function ace_(
  { env }: Surroundings,
  databaseUrl: string,
  ...rest: (string | Record<string, string>)[]
): Promise<{ code: number; json: any }> {
  const args = rest.filter((each) => typeof each === 'string')
  const more = Object.assign({}, ...rest.filter((each) => typeof each !== 'string'))
  const [program, ...line] = ace(...args)
  const options = {
    env: { ...process.env, ...env, DATABASE_URL: databaseUrl, ...more },
    maxBuffer: 1e8,
  }
  const { code, stdout } = await execute(program, line, options).then(
    ({ stdout: said }) => ({ code: 0, stdout: said }),
    (error) => ({ code: Number(error.code), stdout: String(error.stdout) })
  )
  const last = stdout.trim().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) throw new Error(`${args[0]} printed no JSON (${code}): ${stdout}`)
  return { code, json: JSON.parse(last) }
}

/** pg_dump or pg_restore. The password goes by the environment, as it should. */
async function tool(name: string, url: string, ...args: string[]): Promise<void> {
  const address = new URL(url)
  const password = decodeURIComponent(address.password)
  address.password = ''
  await execute(join(POSTGRES, name), [`--dbname=${address.href}`, ...args], {
    env: { ...process.env, PGPASSWORD: password },
    maxBuffer: 1e8,
  })
}

async function query(url: string, sql: string, bindings: unknown[] = []): Promise<Data[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query(sql, bindings.length > 0 ? bindings : undefined)
    return result.rows
  } finally {
    await client.end()
  }
}

function on(url: string, database: string): string {
  const address = new URL(url)
  address.pathname = `/${database}`
  return address.href
}

function idsOf(movements: Data[]): string {
  return movements
    .map(({ transaction_id: id }) => id)
    .toSorted()
    .join(' ')
}

function table(lost: Data[]): string {
  return lost
    .map(
      ({ rail, kind, source, amount, currency, known }) =>
        `     lost: ${rail} ${kind} ${source} ${amount} ${currency}, ${known ? 'in the backup' : 'not in the backup'}`
    )
    .join('\n')
}

function mustBe(what: string, found: unknown, wanted: unknown): void {
  const [is, should] = [found, wanted].map((each) => JSON.stringify(each))
  if (is !== should) throw new Error(`${what}: ${is}, and not ${should}`)
}

function step(what: string): void {
  console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s ${what}`)
}

/** Plays without telling each step. */
function silent(): Story {
  const story = new Story()
  story.tell = () => void (story.steps += 1)
  return story
}
