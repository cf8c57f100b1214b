import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { RAILS } from '#models/transaction'
import { oneOf } from './_operator_command.js'
import { ProposalCommand } from './_proposal_command.js'

export default class RefundsAdopt extends ProposalCommand {
  static commandName = 'refunds:adopt'
  static description = "Propose to book a refund that somebody made in the provider's dashboard"
  static help = [
    'Money that goes back to a payer past SafeSend freezes its deposit. This takes the refund out of what a',
    'milestone holds, when somebody else has approved it at the console, and the deposit goes on once all of it',
    'is explained. Exits 1 if it is refused, 3 if the provider does not show the refund.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'stripe or paypal' })
  declare rail: string

  @args.string({ description: 'What the provider calls the refund' })
  declare refund: string

  @flags.string({ description: 'Id of the milestone that it was for', required: true })
  declare milestone: string

  async run() {
    const rail = oneOf('rail', this.rail, RAILS)
    const { refundAdoption } = await import('#escrow/adopt_refund')
    await this.propose(refundAdoption, this.milestone, { rail, refund_id: this.refund })
  }
}
