import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { formatMinor } from '#ledger/money'
import type { Tried } from '#escrow/run_payouts'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class PayoutsRun extends OperatorCommand {
  static commandName = 'payouts:run'
  static description = 'Try every payout and refund that waits, now'
  static help = [
    'Payouts whose hold is over, and refunds. What still waits says why.',
    'Workers and the schedule do the same by themselves; running this beside them pays nothing twice.',
    'Exits 1 if anything was refused, could not be tried, or is of unknown outcome; waiting is fine.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({
    description: 'Also payouts that the provider refused; takes --by and --reason',
  })
  declare failed: boolean

  @flags.string({ description: 'Who tries the refused ones again, such as an e-mail address' })
  declare by?: string

  @flags.string({ description: 'Why the refused ones are tried again' })
  declare reason?: string

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const { countHeldBack, runPayouts } = await import('#escrow/run_payouts')
    const failed = this.failed ? this.actOf(this.by, this.reason) : undefined
    const tried: Tried[] = []
    for await (const one of runPayouts({ failed })) {
      tried.push(one)
      if (!this.json && tried.length % 100 === 0) this.logger.info(`${tried.length} tried`)
    }
    const count = (outcome: Tried['outcome']) =>
      tried.filter((one) => one.outcome === outcome).length
    const bad = count('refused') + count('unknown') + count('error')
    if (bad > 0) this.exitCode = EXIT.broken
    const heldBack = await countHeldBack()

    if (this.json) {
      const rows = tried.map(({ transactionId, type, amount, currency, outcome, note }) => ({
        transaction_id: transactionId,
        type,
        amount: formatMinor(amount, currency),
        currency,
        outcome,
        note,
      }))
      this.printJson({
        tried: tried.length,
        paid: count('paid'),
        on_its_way: count('on_its_way'),
        waiting: count('waiting'),
        refused: count('refused'),
        unknown: count('unknown'),
        errors: count('error'),
        held_back: heldBack,
        rows,
      })
      return
    }
    const table = new Table({ head: ['transaction', 'type', 'amount', 'outcome', 'why'] })
    for (const { transactionId, type, amount, currency, outcome, note } of tried) {
      const money = `${formatMinor(amount, currency)} ${currency}`
      table.push([transactionId, type, money, outcome.replaceAll('_', ' '), note])
    }
    if (tried.length > 0) this.logger.log(table.toString())
    this.logger.log(
      `${tried.length} tried: ${count('paid')} paid, ${count('on_its_way')} on their way, ` +
        `${count('waiting')} still waiting, ${bad} refused or unknown; ` +
        `${heldBack} more wait for the end of their hold`
    )
  }
}
