import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class PayoutsRepay extends OperatorCommand {
  static commandName = 'payouts:repay'
  static description = 'Send once more what came back of a payout after it was paid'
  static help = [
    "It goes to the freelancer's default account of now, as a payout of its own. Find out first why it",
    'came back. Exits 1 if nothing is left to be sent: repeating it pays nothing twice.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the payout that came back' })
  declare payout: string

  @flags.string({ description: 'Why it is sent again', required: true })
  declare reason: string

  @flags.string({ description: 'Who decided it, such as an e-mail address', required: true })
  declare by: string

  async run() {
    const { repayReturned } = await import('#escrow/repay_returned')
    try {
      const sent = await repayReturned(this.payout, {
        actor: { type: 'operator', name: this.by },
        reason: this.reason,
      })
      this.logger.success(`${sent} of payout ${this.payout} is being sent again`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
