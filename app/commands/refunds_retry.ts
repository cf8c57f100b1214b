import Table from 'cli-table3'
import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class RefundsRetry extends OperatorCommand {
  static commandName = 'refunds:retry'
  static description = 'Send a refund again that its rail could not carry, or list them all'
  static help = [
    'Without an id it lists what is owed to clients because no rail carried it.',
    'With one it takes the money into transit and asks the provider once more, under a new key.',
    'If a lost chargeback has settled a part of it, a refund of its own is sent for what is still owed.',
    'Exits 1 if the refund is not owed, was refused again, or its outcome is unknown.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: "The refund's transaction", required: false })
  declare id?: string

  @flags.string({ description: 'Who sends it, such as an e-mail address' })
  declare by?: string

  @flags.string({ description: 'Why it is sent again' })
  declare reason?: string

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    if (this.id === undefined) return this.#list()
    if (!this.by || !this.reason) throw new WrongUsage('Sending one again takes --by and --reason.')
    const { retryRefund } = await import('#escrow/retry_refund')
    const { sendRefund } = await import('#escrow/send_refund')
    const { default: Transaction } = await import('#models/transaction')
    let id: string
    try {
      id = await retryRefund(this.id, {
        actor: { type: 'operator', name: this.by },
        reason: this.reason,
      })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(error.message)
      return
    }
    const answer = await sendRefund(id)
    const { status, waitReason, failureMessage } = await Transaction.findOrFail(id)
    if (status === 'failed' || answer === 'unknown') this.exitCode = EXIT.broken
    const why = waitReason || failureMessage
    if (this.json) {
      this.printJson({ transaction_id: id, status, outcome: answer, note: why })
    } else {
      this.logger.log(`${id} is ${status}${why ? `: ${why}` : ''}`)
    }
  }

  async #list() {
    const { listOwedRefunds } = await import('#escrow/owed_refunds')
    const owed = await listOwedRefunds()
    if (this.json) {
      this.printJson({
        owed: owed.length,
        rows: owed.map(({ refund, amount }) => ({
          transaction_id: refund.id,
          rail: refund.rail,
          amount: amount.toDecimal(),
          currency: amount.currency,
          user_id: refund.userId,
          failed_at: refund.completedAt,
          failure: { code: refund.failureCode, message: refund.failureMessage },
        })),
      })
      return
    }
    const table = new Table({ head: ['refund', 'rail', 'owed', 'failed at', 'why'] })
    for (const { refund, amount } of owed) {
      const { id, rail, completedAt, failureMessage } = refund
      table.push([id, rail, `${amount}`, completedAt?.toUTC().toISO() ?? '', failureMessage])
    }
    if (owed.length > 0) this.logger.log(table.toString())
    this.logger.log(`${owed.length} refunds are owed to their clients`)
  }
}
