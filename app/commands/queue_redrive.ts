import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { OperatorCommand } from './_operator_command.js'

export default class QueueRedrive extends OperatorCommand {
  static commandName = 'queue:redrive'
  static description = 'Try jobs again that have failed for good'
  static help = [
    '{{ binaryName }}queue:redrive send_payout --by "Vera Stein" --reason "Repaired, ticket 812"',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Only jobs of this name', required: false })
  declare job?: string

  @flags.string({ description: 'Who does it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why they are tried again', required: true })
  declare reason: string

  async run() {
    const { redriveAll } = await import('#jobs/retry_job')
    const count = await redriveAll(this.actOf(this.by, this.reason), this.job)
    this.logger.success(count === 1 ? '1 job is tried again' : `${count} jobs are tried again`)
  }
}
