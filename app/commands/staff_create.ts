import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { errors as vineErrors } from '@vinejs/vine'
import { Problem, type FieldError } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage, oneOf } from './_operator_command.js'

export default class StaffCreate extends OperatorCommand {
  static commandName = 'staff:create'
  static description =
    'Add somebody who works at the console, and print the link of their invitation'
  static help = [
    '{{ binaryName }}staff:create ada@example.com --name "Ada Byron" --role admin --by "Vera Stein"',
    'By the link, within 24 hours and once, they set password and authenticator app. Hand it to them yourself.',
    'Exits 1 if somebody on the staff has the address.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'E-mail address' })
  declare email: string

  @flags.string({ description: 'What they are called', required: true })
  declare name: string

  @flags.string({ description: 'support, finance or admin', required: true })
  declare role: string

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.boolean({ description: 'Print JSON' })
  declare json: boolean

  async run() {
    const { createStaff } = await import('#staff/create_staff')
    const { STAFF_ROLES } = await import('#models/staff')
    const { inviteValidator } = await import('#validators/console/staff')
    const role = oneOf('role', this.role, STAFF_ROLES)
    const operator = this.by.trim()
    if (!operator) throw new WrongUsage('--by may not be empty.')
    try {
      const who = await inviteValidator.validate({ email: this.email, name: this.name, role })
      const { staff, link } = await createStaff(who, {
        actor: { type: 'operator', name: operator },
      })
      if (this.json) return this.printJson({ staff_id: staff.id, link })
      this.logger.success(`${who.name} is ${role} now. Within 24 hours, once:`)
      this.logger.log(link)
    } catch (problem) {
      if (problem instanceof vineErrors.E_VALIDATION_ERROR) {
        throw new WrongUsage(problem.messages.map(({ message }: FieldError) => message).join(' '))
      }
      if (!(problem instanceof Problem)) throw problem
      this.logger.error(problem.message)
      this.exitCode = EXIT.broken
    }
  }
}
