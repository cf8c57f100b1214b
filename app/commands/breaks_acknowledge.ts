import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { letPayoutsGoOn } from '#escrow/let_payouts_go_on'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class BreaksAcknowledge extends OperatorCommand {
  static commandName = 'breaks:acknowledge'
  static description = 'Take a break upon yourself, so that payouts do not wait for it any longer'
  static help = [
    '{{ binaryName }}breaks:acknowledge 0198... --by "Vera Stein" --reason "Reserve released early, see case 812"',
    'It stays open until a run no longer finds it. Who, when and why is kept for good.',
    'Exits 1 if there is no such break or it is resolved already.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Its id, as breaks:list shows it' })
  declare id: string

  @flags.string({ description: 'Who decides', required: true })
  declare by: string

  @flags.string({ description: 'Why payouts may go on', required: true })
  declare reason: string

  async run() {
    const by = this.by.trim()
    const reason = this.reason.trim()
    if (!by || !reason) throw new WrongUsage('--by and --reason may not be empty.')
    try {
      const { rail } = await letPayoutsGoOn(this.id, {
        actor: { type: 'operator', name: by },
        reason,
      })
      this.logger.success(`Acknowledged; payouts on ${rail} that waited for it are tried again`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(error.message)
    }
  }
}
