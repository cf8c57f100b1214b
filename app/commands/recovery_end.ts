import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class RecoveryEnd extends OperatorCommand {
  static commandName = 'recovery:end'
  static description =
    'Let money leave again after a restore, once the books have all that happened'
  static help = [
    'Exits 1 and changes nothing while a movement of a provider is missing that no transaction of the backup',
    'stands for, a payout is not booked, or anything else differs: recovery:status lists it. Nor before the',
    'providers list what was done when the recovery began; PayPal takes three hours.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.array({ description: 'Ids at the provider of movements that may stay missing' })
  declare tolerate?: string[]

  @flags.boolean({
    description:
      'End it before the providers list all; whoever looked at their own pages answers for it',
  })
  declare despiteLag: boolean

  @flags.string({ description: 'Who decides it', required: true })
  declare by: string

  @flags.string({ description: 'Why, also of what is tolerated', required: true })
  declare reason: string

  async run() {
    const act = this.actOf(this.by, this.reason)
    const { endRecovery } = await import('#recovery/end_recovery')
    try {
      await endRecovery(act, { tolerated: this.tolerate, despiteLag: this.despiteLag })
      this.logger.success('The recovery is over: payouts and refunds go on')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
