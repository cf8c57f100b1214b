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
    'And for a payout that was in transit at the backup and was paid by another rail since: its rail of then must',
    'say that it failed, or that there is none. Exits 1 if it is not so. Repeating it changes nothing, and exits 0.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the payout that waits' })
  declare payout: string

  @args.string({ description: 'What the provider calls the payment, as recovery:status shows it' })
  declare payment: string

  @flags.string({
    description: 'Where the payment went, if that account of the freelancer is lost, too',
  })
  declare recipient?: string

  @flags.string({ description: 'Who decides it', required: true })
  declare by: string

  @flags.string({ description: 'Why the two are one', required: true })
  declare reason: string

  async run() {
    const act = this.actOf(this.by, this.reason)
    const { adoptPayout } = await import('#recovery/adopt_payout')
    try {
      const { already, arrived } = await adoptPayout(this.payout, this.payment, act, {
        recipient: this.recipient,
      })
      const what = already ? 'was adopted before as' : 'is'
      const then = arrived ? 'it is booked' : 'it is booked when it arrives (reconcile:pending)'
      this.logger.success(
        `${this.payment} ${what} the payment of payout ${this.payout}: ${then}, and nothing is sent`
      )
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
