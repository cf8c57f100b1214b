import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class StaffEnable extends OperatorCommand {
  static commandName = 'staff:enable'
  static description = 'Let somebody back into the console who was disabled, by a new invitation'
  static help = [
    '{{ binaryName }}staff:enable ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'They set password and app anew: what they had may be anywhere by now.',
    'Exits 1 if there is nobody of that address, or they are not disabled.',
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
    const { enableStaff } = await import('#staff/enable_staff')
    const name = this.by.trim()
    const reason = this.reason.trim()
    if (!name || !reason) throw new WrongUsage('--by and --reason may not be empty.')
    try {
      const { id } = await findStaff(this.staff)
      const link = await enableStaff(id, { actor: { type: 'operator', name }, reason })
      this.logger.success(`${id} may come back by this link, within 24 hours, once:`)
      this.logger.log(link)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      this.logger.error(problem.message)
      this.exitCode = EXIT.broken
    }
  }
}
