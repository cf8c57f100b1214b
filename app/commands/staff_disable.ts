import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class StaffDisable extends OperatorCommand {
  static commandName = 'staff:disable'
  static description = 'Let somebody into the console no more, from this moment on'
  static help = [
    '{{ binaryName }}staff:disable ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'Exits 1 if there is nobody of that address, they are disabled already, or they are the last admin.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'E-mail address or id' })
  declare staff: string

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as a ticket', required: true })
  declare reason: string

  async run() {
    const { findStaff } = await import('#staff/find_staff')
    const { disableStaff } = await import('#staff/disable_staff')
    const name = this.by.trim()
    const reason = this.reason.trim()
    if (!name || !reason) throw new WrongUsage('--by and --reason may not be empty.')
    try {
      const { id } = await findStaff(this.staff)
      await disableStaff(id, { actor: { type: 'operator', name }, reason })
      this.logger.success(`${id} is disabled`)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      this.logger.error(problem.message)
      this.exitCode = EXIT.broken
    }
  }
}
