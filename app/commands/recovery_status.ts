import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class RecoveryStatus extends OperatorCommand {
  static commandName = 'recovery:status'
  static description = 'List what the providers did since the backup that the books still lack'
  static help = ['Exits 1 while anything is missing, or no recovery is open.']
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const { findUnrecovered } = await import('#recovery/find_unrecovered')
    try {
      const { until, lost, broken } = await findUnrecovered()
      const open = lost.length + broken.length
      if (open > 0) this.exitCode = EXIT.broken
      if (this.json) {
        this.printJson({
          ok: open === 0,
          until,
          lost: lost.map(({ amount, transactionId, ...each }) => ({
            ...each,
            amount: amount.toDecimal(),
            currency: amount.currency,
            transaction_id: transactionId || null,
          })),
          broken,
        })
        return
      }
      const table = new Table({
        head: ['at', 'rail', 'what', 'at the provider', 'amount', 'what to do'],
        style: { compact: true },
      })
      for (const { at, rail, kind, id, source, amount, known } of lost) {
        const todo = known ? BY_ITSELF : (TO_DO[kind] ?? BOOK_IT)
        table.push([at.toISOString(), rail, kind, source || id, `${amount}`, todo])
      }
      if (lost.length > 0) this.logger.log(table.toString())
      for (const line of broken) this.logger.log(`${this.colors.red('broken')} ${line}`)
      if (open === 0) this.logger.success('The books have all that the providers did; recovery:end')
      else this.logger.error(`${lost.length} movements are missing, ${broken.length} others differ`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (this.json) this.printJson({ ok: false, error: error.message })
      else this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}

const BY_ITSELF = 'reconcile:pending books it, as the workers do, or says why not'
const BOOK_IT = 'book it at the console, /console/reconciliation, or answer for it'

/** Of what belongs to a transaction that is lost. */
const TO_DO: Record<string, string> = {
  payout: 'have the release approved again (or payouts:repay again), then payouts:adopt',
  refund: 'refunds:adopt',
  deposit: 'give it back at the provider, or book it at the console',
}
