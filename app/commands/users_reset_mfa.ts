import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class UsersResetMfa extends OperatorCommand {
  static commandName = 'users:reset-mfa'
  static description =
    "Take somebody's authenticator app away who has lost it and their recovery codes"
  static help = [
    '{{ binaryName }}users:reset-mfa ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'Make sure first that it is them: from then on the password, or their mailbox, is enough to sign in.',
    'All their sessions end, and they are told by mail. Who, when and why is kept.',
    'Exits 1 if there is no such user, or they have no app.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'E-mail address or id' })
  declare user: string

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as a ticket', required: true })
  declare reason: string

  async run() {
    const { resetMfa } = await import('#identity/mfa/reset')
    const { findPerson } = await import('#privacy/find_person')
    const operator = this.by.trim()
    const reason = this.reason.trim()
    if (!operator || !reason) throw new WrongUsage('--by and --reason may not be empty.')
    try {
      const { id } = await findPerson(this.user)
      await resetMfa(id, { actor: { type: 'operator', name: operator }, reason })
      this.logger.success(`${id} signs in without a code now`)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      this.logger.error(problem.message)
      this.exitCode = EXIT.broken
    }
  }
}
