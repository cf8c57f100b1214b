import { args, BaseCommand } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { redriveDeadLetters } from '#jobs/queue'

export default class QueueRedrive extends BaseCommand {
  static commandName = 'queue:redrive'
  static description = 'Try jobs again that have failed for good'

  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Only jobs of this name', required: false })
  declare job?: string

  async run() {
    this.logger.success(`${await redriveDeadLetters({ jobName: this.job })} jobs are tried again`)
  }
}
