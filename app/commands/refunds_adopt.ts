import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { RAILS, type Rail } from '#models/transaction'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class RefundsAdopt extends OperatorCommand {
  static commandName = 'refunds:adopt'
  static description = "Book a refund that somebody made in the provider's dashboard"
  static help = [
    'Money that goes back to a payer past SafeSend freezes its deposit. This takes the refund out of what a',
    'milestone holds, and the deposit goes on once all of it is explained. Exits 1 if it is refused, 3 if',
    'the provider does not show the refund.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'stripe or paypal' })
  declare rail: string

  @args.string({ description: 'What the provider calls the refund' })
  declare refund: string

  @flags.string({ description: 'Id of the milestone that it was for', required: true })
  declare milestone: string

  @flags.string({ description: 'Who says so, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why it was made there', required: true })
  declare reason: string

  async run() {
    const { adoptRefund } = await import('#escrow/refunded_elsewhere')
    const { ProviderFailure } = await import('#payments/provider')
    const rail = RAILS.find((each) => each === this.rail)
    if (!rail) return this.#refuse(`There is no rail ${this.rail}: stripe or paypal.`, EXIT.usage)
    try {
      const refund = await adoptRefund({
        rail: rail satisfies Rail,
        refundId: this.refund,
        milestoneId: this.milestone,
        by: this.by,
        reason: this.reason,
      })
      this.logger.success(`${this.refund} is refund ${refund.id} now, ${refund.status}`)
    } catch (error) {
      if (error instanceof Problem) return this.#refuse(error.message, EXIT.broken)
      if (error instanceof ProviderFailure) return this.#refuse(error.message, EXIT.noAnswer)
      throw error
    }
  }

  #refuse(message: string, exitCode: number) {
    this.logger.error(message)
    this.exitCode = exitCode
  }
}
