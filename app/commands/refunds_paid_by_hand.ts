import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { ProposalCommand } from './_proposal_command.js'

export default class RefundsPaidByHand extends ProposalCommand {
  static commandName = 'refunds:paid-by-hand'
  static description =
    'Propose to book that a refund which no rail could carry was paid from our bank'
  static help = [
    'It pays nothing: it books what a person has paid, all that is still owed, under the reference of our bank,',
    'when somebody else has approved it at the console. Exits 1 if the refund is not owed, 2 for wrong usage.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: "The refund's transaction" })
  declare id: string

  @flags.string({ description: 'What our bank calls the payment', required: true })
  declare reference: string

  async run() {
    const reference = this.words('reference', this.reference)
    const { refundPaidByHand } = await import('#escrow/pay_refund_by_hand')
    await this.propose(refundPaidByHand, this.id, { reference })
  }
}
