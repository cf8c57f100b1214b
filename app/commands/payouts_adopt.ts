import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class PayoutsAdopt extends OperatorCommand {
  static commandName = 'payouts:adopt'
  static description =
    'After a restore: book a payout as the payment that its provider made already'
  static help = [
    'For a release that was approved after the backup, and again after the restore: its payout waits, and',
    'recovery:status lists the payment. It must be of the same amount, to an account of the same freelancer.',
    'Exits 1 if it is not, or the payout does not wait.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the payout that waits' })
  declare payout: string

  @args.string({ description: 'What the provider calls the payment: tr_…, or the batch at PayPal' })
  declare payment: string

  @flags.string({ description: 'Who decides it', required: true })
  declare by: string

  @flags.string({ description: 'Why the two are one', required: true })
  declare reason: string

  async run() {
    const act = this.actOf(this.by, this.reason)
    const { adoptPayout } = await import('#recovery/adopt_payout')
    try {
      await adoptPayout(this.payout, this.payment, act)
      this.logger.success(
        `${this.payment} is the payment of payout ${this.payout}; nothing is sent`
      )
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
