import Table from 'cli-table3'
import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { formatMinor } from '#ledger/money'

export default class ReconcilePending extends BaseCommand {
  static commandName = 'reconcile:pending'
  static description = 'Settle pending deposits, refunds and payouts by asking the providers'
  static help = ['Exits 1 while the outcome of anything is unknown, or contradicts our books.']
  static options: CommandOptions = { startApp: true }

  @flags.number({ description: 'Only transactions at least this old, in seconds', default: 0 })
  declare olderThan: number

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const { settlePending } = await import('#escrow/settle_pending')
    const results = await settlePending({ olderThanSeconds: this.olderThan })
    const open = results.filter((result) => result.after === 'pending').length
    const unknown = results.filter((result) => result.unknown).length
    if (unknown > 0) this.exitCode = 1

    if (this.json) {
      const rows = results.map(({ amount, ...result }) => ({
        ...result,
        amount: formatMinor(amount, result.currency),
      }))
      this.logger.log(
        JSON.stringify({ looked_at: rows.length, still_pending: open, unknown, rows })
      )
      return
    }
    const table = new Table({ head: ['transaction', 'type', 'amount', 'before', 'after', 'note'] })
    for (const { transactionId, type, amount, currency, before, after, note } of results) {
      const money = `${formatMinor(amount, currency)} ${currency}`
      table.push([transactionId, type, money, before, after, note])
    }
    if (results.length > 0) this.logger.log(table.toString())
    this.logger.log(
      `${results.length} looked at, ${open} still pending, ${unknown} of unknown outcome`
    )
  }
}
