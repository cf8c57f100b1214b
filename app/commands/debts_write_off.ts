import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { formatMinor } from '#ledger/money'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class DebtsWriteOff extends OperatorCommand {
  static commandName = 'debts:write-off'
  static description = 'Give up what a freelancer owes for a chargeback'
  static help = [
    'The reference stands for the decision: with the same one it is written off once, however often',
    'this runs. Exits 1 if it is refused.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the chargeback, as debts:list shows it' })
  declare chargeback: string

  @flags.string({ description: 'Why', required: true })
  declare reason: string

  @flags.string({ description: 'Who decided it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'What the decision is called, such as a ticket', required: true })
  declare reference: string

  @flags.string({ description: 'Such as 25.00; all that is owed if left out' })
  declare amount?: string

  async run() {
    const { writeOffDebt } = await import('#escrow/chargebacks/write_off_debt')
    try {
      const { id, amount, currency } = await writeOffDebt(this.chargeback, {
        amount: this.amount,
        reason: this.reason,
        by: this.by,
        reference: this.reference,
      })
      this.logger.success(`${formatMinor(amount, currency)} ${currency} is written off (${id})`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
