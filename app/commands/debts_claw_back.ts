import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { formatMinor } from '#ledger/money'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class DebtsClawBack extends OperatorCommand {
  static commandName = 'debts:claw-back'
  static description = "Take back what is owed for a chargeback from its freelancer's balance"
  static help = [
    'It takes from the payouts of the disputed payment, where the rail can do that. While one is',
    'pending, running this again goes on with it and asks for nothing more.',
    'Exits 1 if it was refused, 3 while the outcome is unknown.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the chargeback, as debts:list shows it' })
  declare chargeback: string

  @flags.string({ description: 'Who wants it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as a ticket', required: true })
  declare reason: string

  @flags.string({ description: 'Such as 25.00; all that is owed if left out' })
  declare amount?: string

  @flags.boolean({ description: 'Print JSON instead of sentences' })
  declare json: boolean

  async run() {
    const { clawBack } = await import('#escrow/chargebacks/claw_back')
    try {
      const rows = await clawBack(
        this.chargeback,
        { amount: this.amount },
        { actor: { type: 'operator', name: this.by }, reason: this.reason }
      )
      if (rows.some(({ state }) => state === 'failed')) this.exitCode = EXIT.broken
      else if (rows.some(({ state }) => state === 'pending')) this.exitCode = EXIT.noAnswer
      const told = rows.map((row) => ({
        id: row.id,
        payout_id: row.payoutId,
        amount: formatMinor(row.amount, row.currency),
        currency: row.currency,
        state: row.state,
        failure: row.failureMessage || null,
      }))
      if (this.json) this.printJson({ claw_backs: told })
      else {
        for (const { payout_id: payout, amount, currency, state, failure } of told) {
          const why = failure ? `: ${failure}` : ''
          this.logger.log(`${amount} ${currency} of payout ${payout}: ${state}${why}`)
        }
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
