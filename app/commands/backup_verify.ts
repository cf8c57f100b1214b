import { text } from 'node:stream/consumers'
import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import env from '#start/env'
import { headText, parseHead } from '#audit/chain'
import type { LostMovement } from '#backup/lost_movements'
import {
  IsTheLiveDatabase,
  NotVerifiable,
  openRestored,
  type Restored,
} from '#backup/open_restored'
import type { BackupVerdict } from '#backup/verify_backup'
import { formatMinor, Money } from '#ledger/money'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

/** Breaks and movements that a person wants to read; --json has all. */
const SHOWN = 50

export default class BackupVerify extends OperatorCommand {
  static commandName = 'backup:verify'
  static description = 'Prove a restored database, and list what the providers did that it lacks'
  static help = [
    'BACKUP_DATABASE_URL=postgres://… {{ binaryName }}backup:verify',
    'echo postgres://… | {{ binaryName }}backup:verify --database-url=-',
    'It writes nothing there. --database-url takes an address without a password only, since everybody on the',
    'machine can read command lines; PGPASSWORD and ~/.pgpass count.',
    'Exits 1 if the backup is not whole or cannot be read, 2 for wrong usage, 3 if nothing is broken but a',
    'provider gave no answer. What happened after the backup is listed, and is no break.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'The restored database; "-" reads the address from standard input' })
  declare databaseUrl?: string

  @flags.boolean({ description: 'Ask no provider: what is lost since the backup stays unknown' })
  declare offline: boolean

  @flags.string({ description: 'A head of the audit log that was kept elsewhere: position:hash' })
  declare head?: string

  @flags.boolean({ description: 'Verify the database that DATABASE_URL names, too' })
  declare allowLive: boolean

  @flags.boolean({ description: 'Print JSON instead of tables' })
  declare json: boolean

  async run() {
    const url = await this.#url()
    const head = this.head === undefined ? undefined : parseHead(this.head)
    if (this.head !== undefined && !head) {
      throw new WrongUsage('--head takes what audit:verify printed: <position>:<64 hex digits>.')
    }
    const live = env.get('DATABASE_URL').release()
    const shows = !this.json && process.stderr.isTTY
    try {
      const restored = await openRestored(url, live, { allowLive: this.allowLive })
      const { verifyBackup } = await import('#backup/verify_backup')
      const verdict = await verifyBackup({
        offline: this.offline,
        heads: head && [head],
        onProgress: (what) => shows && process.stderr.write(`\r\u001B[K${what}`),
      })
      if (shows) process.stderr.write('\r\u001B[K')
      if (verdict.broken.length > 0) this.exitCode = EXIT.broken
      else if (verdict.unknown.length > 0) this.exitCode = EXIT.noAnswer
      if (this.json) this.printJson(toJson(restored, verdict))
      else this.#print(restored, verdict)
    } catch (error) {
      if (error instanceof IsTheLiveDatabase) {
        throw new WrongUsage(
          `${error.message} is the database that DATABASE_URL names: it says nothing about a backup. Give the restored one, or --allow-live.`
        )
      }
      if (!(error instanceof NotVerifiable)) throw error
      this.exitCode = EXIT.broken
      if (this.json) this.printJson({ ok: false, error: error.message })
      else this.logger.error(error.message)
    }
  }

  /** @throws WrongUsage for none, for what is no address, and for a password that everybody could read */
  async #url(): Promise<string> {
    const piped = this.databaseUrl === '-' ? await text(process.stdin) : undefined
    const given = piped?.trim() ?? this.databaseUrl ?? env.get('BACKUP_DATABASE_URL')?.release()
    if (!given) {
      throw new WrongUsage(
        'Which database? Set BACKUP_DATABASE_URL, or pipe its address to --database-url=-.'
      )
    }
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (!url || !['postgres:', 'postgresql:'].includes(url.protocol) || url.pathname.length < 2) {
      throw new WrongUsage(
        'The address of the database must be like postgres://user@host:5432/name.'
      )
    }
    if (url.password && this.databaseUrl === given) {
      throw new WrongUsage(
        'A password on the command line is for everybody to read (ps, history). Set BACKUP_DATABASE_URL, or pipe the address to --database-url=-.'
      )
    }
    return given
  }

  #print({ place, version }: Restored, verdict: BackupVerdict) {
    const { schema, point, ledger, audit, work, rails, broken, unknown } = verdict
    this.logger.log(`${place}, PostgreSQL ${version}`)
    const counts = table(['table', 'rows', 'newest'], ['left', 'right', 'left'])
    for (const { table: name, rows, newest } of point.tables) {
      counts.push([name, `${rows}`, newest?.toISOString() ?? ''])
    }
    this.logger.log(counts.toString())

    const summary = table(['what', 'found'], ['left', 'left'])
    summary.push(
      ['goes until', point.until?.toISOString() ?? 'empty'],
      ['last entry of the ledger', point.lastEntry?.toISOString() ?? 'none'],
      ['migrations missing', schema.missing.join(', ') || 'none'],
      [
        'triggers, constraints, indexes, functions',
        `${schema.guards}, ${schema.wrong.length} wrong`,
      ],
      ['sequences behind their rows', `${schema.behind.length || 'none'}`],
      ['invariants of the ledger', `${ledger.checks.length}, ${ledger.breaks.length} breaks`],
      [
        'audit log',
        `${audit.lines} lines, ${audit.ok ? 'right' : 'broken'}; head ${headText(audit.head)}`,
      ]
    )
    for (const [what, rows] of [
      ['sent, no answer yet', work.unknown],
      ['not sent when it was made', work.unsent],
    ] as const) {
      for (const { type, currency, count, amount } of rows) {
        summary.push([what, `${count} ${type}, ${formatMinor(amount, currency)} ${currency}`])
      }
    }
    this.logger.log(summary.toString())
    if (schema.missing.length > 0) {
      this.logger.warning(
        'The backup is older than this release: its guards are compared once migration:run has brought it up to date'
      )
    }
    this.#printWork(work)
    for (const rail of rails ?? []) this.#printLost(rail.rail, rail.lost)
    if (!rails) {
      this.logger.warning(
        'The providers were not asked: what happened after the backup is not known'
      )
    }
    for (const line of broken.slice(0, SHOWN))
      this.logger.log(`${this.colors.red('broken')} ${line}`)
    for (const line of unknown) this.logger.log(`${this.colors.yellow('not known')} ${line}`)
    if (broken.length > 0)
      this.logger.error(`${broken.length} breaks: do not go on with this backup`)
    else if (unknown.length > 0) this.logger.error('The backup is whole; what is lost is not known')
    else this.logger.success('The backup is whole, and its books are right')
  }

  #printWork({ jobs }: BackupVerdict['work']) {
    if (jobs.length === 0) return
    const queued = table(
      ['job', 'waiting', 'running', 'a worker started on this database'],
      ['left', 'right', 'right', 'left']
    )
    for (const { name, waiting, running, again } of jobs)
      queued.push([name, waiting, running, again])
    this.logger.log(queued.toString())
    this.logger.warning(
      'Start no worker on it before recovery:begin (docs/runbook.md, "Disasters")'
    )
  }

  #printLost(rail: string, lost: LostMovement[]) {
    if (lost.length === 0) {
      this.logger.log(`${rail}: nothing happened there that these books do not have`)
      return
    }
    const sumsTable = table([`lost: ${rail}`, 'movements', 'amount'], ['left', 'right', 'right'])
    for (const { kind, currency, count, amount } of sumsOf(lost)) {
      sumsTable.push([kind, count, `${amount.toDecimal()} ${currency}`])
    }
    this.logger.log(sumsTable.toString())
    for (const { kind, source, id, amount, at, transactionId, known } of lost.slice(0, SHOWN)) {
      const ours = transactionId
        ? ` (transaction ${transactionId}, ${known ? 'which the backup has' : 'which is lost'})`
        : ''
      this.logger.log(`${at.toISOString()} ${kind} ${source || id} ${amount}${ours}`)
    }
    if (lost.length > SHOWN) this.logger.log(`and ${lost.length - SHOWN} more, see --json`)
  }
}

function table(head: string[], colAligns: ('left' | 'right')[]) {
  return new Table({ head, colAligns, style: { compact: true } })
}

function sumsOf(lost: LostMovement[]) {
  const sums = new Map<string, { kind: string; currency: string; count: number; amount: Money }>()
  for (const { kind, amount } of lost) {
    const key = `${kind} ${amount.currency}`
    const sum = sums.get(key) ?? {
      kind,
      currency: amount.currency,
      count: 0,
      amount: Money.zero(amount.currency),
    }
    sums.set(key, { ...sum, count: sum.count + 1, amount: sum.amount.add(amount) })
  }
  return [...sums.values()]
}

function toJson({ place, version }: Restored, verdict: BackupVerdict) {
  const { schema, point, ledger, audit, work, rails, broken, unknown } = verdict
  const decimal = ({ amount, ...rest }: BackupVerdict['work']['unknown'][number]) => ({
    ...rest,
    amount: formatMinor(amount, rest.currency),
  })
  return {
    ok: broken.length > 0 ? false : unknown.length > 0 ? null : true,
    database: place,
    postgresql: version,
    until: point.until ?? null,
    last_entry: point.lastEntry ?? null,
    tables: point.tables.map(({ newest, ...each }) => ({ ...each, newest: newest ?? null })),
    migrations_missing: schema.missing,
    guards: schema.guards,
    invariants: ledger.checks,
    examined: ledger.examined,
    audit: { ok: audit.ok, lines: audit.lines, head: headText(audit.head), waiting: audit.waiting },
    jobs: work.jobs,
    unknown_outcomes: work.unknown.map(decimal),
    unsent: work.unsent.map(decimal),
    rails:
      rails?.map(({ rail, verdict: said, note, lost, open, balances }) => ({
        rail,
        verdict: said,
        note,
        open_breaks: open,
        lost_sums: sumsOf(lost).map((sum) => ({ ...sum, amount: sum.amount.toDecimal() })),
        lost: lost.map(({ amount, transactionId, ...each }) => ({
          ...each,
          amount: amount.toDecimal(),
          currency: amount.currency,
          transaction_id: transactionId || null,
        })),
        balances: balances.map(({ currency, ...sums }) => ({
          currency,
          provider: sums.provider.toDecimal(),
          clearing: sums.clearing.toDecimal(),
          missing: sums.missing.toDecimal(),
          remainder: sums.remainder.toDecimal(),
        })),
      })) ?? null,
    broken,
    not_known: unknown,
  }
}
