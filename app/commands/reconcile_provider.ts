import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import db from '@adonisjs/lucid/services/db'
import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { settings } from '#escrow/settings'
import { formatMinor, isKnownCurrency } from '#ledger/money'
import { ProviderFailure, type Period } from '#payments/provider'
import { describeBreak, toJson } from '#payments/reconcile/describe'
import { breaksOfRun, readRun, type FoundBreak, type Run } from '#payments/reconcile/read_runs'
import {
  AlreadyRunning,
  RECONCILED_DAYS,
  reconcileProvider,
  type Progress,
} from '#payments/reconcile/reconcile_provider'
import { offeredRails, providerOfRail } from '#payments/registry'
import { EXIT, momentOf, OperatorCommand, oneOf, WrongUsage } from './_operator_command.js'

/** Breaks that a person wants to read, and those that go into one JSON document. */
const SHOWN = 20
const IN_JSON = 1000

/** Without `--from`: as far back as the daily job looks. */
const DEFAULT_MS = RECONCILED_DAYS * 86_400_000

export default class ReconcileProvider extends OperatorCommand {
  static commandName = 'reconcile:provider'
  static description = "Compare a provider's record of our balance with the ledger"
  static help = [
    '{{ binaryName }}reconcile:provider stripe --from 2026-03-01 --to 2026-03-31',
    'Both ends belong to the period; a date means the whole day, in UTC. Without --to it goes up to now.',
    'Stores a run with its breaks: breaks:list shows what is open, breaks:acknowledge lets payouts go on.',
    'Exits 1 if anything differs, 2 for wrong usage, 3 if the provider gives no answer.',
    'With --json one document goes to standard output. Progress is shown on a terminal only.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'stripe or paypal' })
  declare rail: string

  @flags.string({
    description: 'Beginning of the period: 2026-03-14, 2026-03-14T09:30:00Z, or 2d ago',
  })
  declare from?: string

  @flags.string({ description: 'Its end, likewise' })
  declare to?: string

  @flags.boolean({ description: 'Print JSON instead of tables' })
  declare json: boolean

  async run() {
    const rail = oneOf('rail that is offered here', this.rail, offeredRails())
    const period = this.#period()
    const bar = progressBar()
    let runId: string
    try {
      const { reconcile_grace_minutes: graceMinutes, in_transit_days: inTransitDays } =
        await settings(db)
      const limits = { graceMinutes, inTransitDays }
      const provider = providerOfRail(rail)
      runId = await reconcileProvider(provider, { period, ...limits, onProgress: bar?.show })
    } catch (error) {
      bar?.stop()
      return this.#giveUp(error)
    }
    bar?.stop()
    const run = await readRun(db, runId)
    if (run.breaks > 0n) this.exitCode = EXIT.broken
    if (this.json) this.printJson(toJson(run, await breaksOfRun(db, runId, IN_JSON)))
    else this.#print(run, await breaksOfRun(db, runId, SHOWN))
  }

  #period(): Period {
    const to = this.to === undefined ? new Date() : endOf(this.to)
    const from =
      this.from === undefined ? new Date(to.getTime() - DEFAULT_MS) : momentOf('from', this.from)
    if (from > to) throw new WrongUsage('--from is after --to.')
    return { from, to }
  }

  /** No run, no breaks: that is not the same as nothing to find. */
  #giveUp(error: unknown) {
    const expected = error instanceof ProviderFailure || error instanceof AlreadyRunning
    if (!expected) throw error
    this.exitCode = error instanceof ProviderFailure ? EXIT.noAnswer : EXIT.broken
    if (this.json) this.printJson({ ok: false, error: error.message })
    else this.logger.error(error.message)
  }

  #print(run: Run, breaks: FoundBreak[]) {
    const money = (minor: bigint | null, currency: string) =>
      minor === null ? '' : isKnownCurrency(currency) ? formatMinor(minor, currency) : String(minor)
    const table = new Table({
      head: ['', 'provider', 'ledger', 'breaks', 'in flight', 'timing', 'remainder'],
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
      style: { compact: true },
    })
    for (const { currency, ...sums } of run.totals) {
      const row = (...amounts: (bigint | null)[]) => amounts.map((each) => money(each, currency))
      table.push([
        `${currency} moved`,
        ...row(sums.provider_moved, sums.ledger_moved, sums.moved_breaks, sums.moved_in_flight),
        ...row(sums.moved_timing, sums.moved_remainder),
      ])
      if (sums.provider_balance === null) continue
      table.push([
        `${currency} balance`,
        ...row(sums.provider_balance, sums.clearing_balance, sums.balance_breaks),
        ...row(sums.balance_in_flight, null, sums.balance_remainder),
      ])
    }
    this.logger.log(table.toString())
    for (const found of breaks) {
      const seen = found.acknowledgements.length > 0 ? ' (acknowledged)' : ''
      this.logger.log(
        `${this.colors.red(found.kind)} ${found.id}${seen}\n  ${describeBreak(found)}`
      )
    }
    const left = Number(run.breaks) - breaks.length
    if (left > 0) this.logger.log(`and ${left} more: see breaks:list, or --json`)

    const size = `${run.provider_rows} movements at the provider, ${run.ledger_entries} entries, ${run.matched} matched`
    const resolved =
      run.resolved_breaks > 0n ? `; ${run.resolved_breaks} from before are resolved` : ''
    if (run.breaks === 0n) this.logger.success(`Nothing differs (${size})${resolved}`)
    else
      this.logger.error(`${run.breaks} breaks, ${run.new_breaks} of them new (${size})${resolved}`)
  }
}

/** A date alone is the whole of its day, so its end. */
function endOf(text: string): Date {
  const moment = momentOf('to', text)
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return moment
  return new Date(Math.min(moment.getTime() + 86_400_000 - 1, Date.now()))
}

/** For people only: nothing when nobody watches. */
function progressBar() {
  if (!process.stderr.isTTY) return undefined
  const bar = new cliProgress.SingleBar(
    { stream: process.stderr, format: '{bar} {percentage}% | {rows} movements | {step}' },
    cliProgress.Presets.shades_classic
  )
  bar.start(1000, 0, { rows: 0, step: 'reading' })
  return {
    show: ({ rows, covered, step }: Progress) =>
      bar.update(Math.round(covered * 1000), { rows, step }),
    stop: () => bar.stop(),
  }
}
