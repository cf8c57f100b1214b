import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { OperatorCommand } from './_operator_command.js'

export default class DebtsList extends OperatorCommand {
  static commandName = 'debts:list'
  static description = 'List what freelancers owe for payments that were charged back'
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const { default: db } = await import('@adonisjs/lucid/services/db')
    const { openDebts } = await import('#escrow/chargebacks/debts')
    const debts = await openDebts(db)
    const rows = debts.map((debt) => ({
      chargeback_id: debt.chargebackId,
      freelancer_id: debt.userId,
      outstanding: debt.outstanding.toDecimal(),
      recovered: debt.recovered.toDecimal(),
      written_off: debt.writtenOff.toDecimal(),
      currency: debt.outstanding.currency,
    }))
    if (this.json) {
      this.printJson({ debts: rows })
      return
    }
    const table = new Table({
      head: ['chargeback', 'freelancer', 'outstanding', 'recovered', 'written off'],
    })
    for (const row of rows) {
      table.push([
        row.chargeback_id,
        row.freelancer_id,
        `${row.outstanding} ${row.currency}`,
        row.recovered,
        row.written_off,
      ])
    }
    if (rows.length > 0) this.logger.log(table.toString())
    this.logger.log(`${rows.length} debts are outstanding`)
  }
}
