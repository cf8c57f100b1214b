import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { ProposalCommand } from './_proposal_command.js'

export default class DebtsWriteOff extends ProposalCommand {
  static commandName = 'debts:write-off'
  static description = 'Propose to give up what a freelancer owes for a chargeback'
  static help = [
    'It takes two people: this proposes it in the name of --by, and somebody else approves it at the console.',
    'Exits 1 if it is refused.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the chargeback, as debts:list shows it' })
  declare chargeback: string

  @flags.string({ description: 'Such as 25.00; all that is owed if left out' })
  declare amount?: string

  async run() {
    const { debtWriteOff } = await import('#escrow/chargebacks/write_off_debt')
    await this.propose(debtWriteOff, this.chargeback, { amount: this.amount })
  }
}
