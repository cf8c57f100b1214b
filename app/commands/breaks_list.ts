import Table from 'cli-table3'
import db from '@adonisjs/lucid/services/db'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { setting } from '#escrow/settings'
import { formatMinor, isKnownCurrency } from '#ledger/money'
import { RAILS } from '#models/transaction'
import { blockingBreaks } from '#payments/reconcile/blocking'
import { breakToJson, describeBreak } from '#payments/reconcile/describe'
import { countOpenBreaks, openBreaks } from '#payments/reconcile/read_runs'
import { OperatorCommand, oneOf } from './_operator_command.js'

/** Of one listing; whoever has more open does not go through them one by one. */
const MOST = 1000

export default class BreaksList extends OperatorCommand {
  static commandName = 'breaks:list'
  static description = 'List the open breaks of reconciliations, oldest first'
  static help = [
    'A break stays open until a run of its period no longer finds it. Large ones stop the payouts of',
    'their rail until somebody acknowledges them: settings:set break_block_threshold says from when on.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only those of stripe or paypal' })
  declare rail?: string

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const rail = this.rail === undefined ? undefined : oneOf('rail', this.rail, RAILS)
    const breaks = await openBreaks(db, { rail, limit: MOST })
    const open = await countOpenBreaks(db, rail)
    const thresholds = await setting(db, 'break_block_threshold')
    const blocked: Record<string, number> = {}
    for (const each of rail ? [rail] : RAILS) {
      blocked[each] = await blockingBreaks(db, each, thresholds)
    }
    if (this.json) {
      this.printJson({
        open,
        blocking: blocked,
        breaks: breaks.map(breakToJson),
        left_out: open - breaks.length,
      })
      return
    }
    const table = new Table({
      head: ['break', 'rail', 'kind', 'at stake', 'since', 'acknowledged'],
    })
    for (const found of breaks) {
      const { id, kind, amount, currency, opened_at: since, acknowledgements } = found
      const money = isKnownCurrency(currency) ? formatMinor(amount, currency) : String(amount)
      const by = acknowledgements.at(-1)
      table.push([
        id,
        found.rail,
        kind,
        `${money} ${currency}`,
        since.toISOString().slice(0, 16),
        by ? `${by.by}: ${by.reason}` : '',
      ])
      table.push([{ content: describeBreak(found), colSpan: 6 }])
    }
    if (breaks.length > 0) this.logger.log(table.toString())
    if (open > breaks.length) this.logger.log(`and ${open - breaks.length} more`)
    for (const each of RAILS) {
      if (!blocked[each]) continue
      this.logger.warning(`${each}: ${blocked[each]} of them stop payouts until acknowledged`)
    }
    this.logger.log(`${open} open`)
  }
}
