import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class UsersErase extends OperatorCommand {
  static commandName = 'users:erase'
  static description =
    'Erase the personal data of somebody who asked for it; nothing brings it back'
  static help = [
    '{{ binaryName }}users:erase ada@example.com --by "Vera Stein" --reason "Request of 3 May, ticket 812"',
    'The same rules as for who deletes their own account: refused while money or a dispute is open.',
    'Who, when and why is kept for good, so put no personal data of theirs into the reason.',
    'Exits 1 if it is refused, or there is no such user.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'E-mail address or id' })
  declare user: string

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as a ticket', required: true })
  declare reason: string

  @flags.boolean({ description: 'Only say whether it would be refused, and why' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Print JSON' })
  declare json: boolean

  async run() {
    const { eraseUser, outlookOf } = await import('#privacy/erase_user')
    const { findPerson } = await import('#privacy/find_person')
    const operator = this.by.trim()
    const reason = this.reason.trim()
    if (!operator || !reason) throw new WrongUsage('--by and --reason may not be empty.')
    try {
      const user = await findPerson(this.user)
      if (reason.toLowerCase().includes(user.email)) {
        throw new WrongUsage('Leave the e-mail address out of --reason: that is kept for good.')
      }
      if (this.dryRun) return this.#report(user.id, await outlookOf(user.id))
      await eraseUser(user.id, { by: 'operator', operator, reason })
      this.#report(user.id, [], true)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      this.exitCode = EXIT.broken
      const { reasons } = problem.extra as { reasons?: { code: string; detail: string }[] }
      if (reasons) return this.#report(undefined, reasons)
      if (this.json) this.printJson({ erased: false, reasons: [], error: problem.code })
      else this.logger.error(problem.message)
    }
  }

  #report(id: string | undefined, reasons: { code: string; detail: string }[], erased = false) {
    if (reasons.length > 0) this.exitCode = EXIT.broken
    if (this.json) return this.printJson({ ...(id && { user_id: id }), erased, reasons })
    for (const { code, detail } of reasons) this.logger.error(`${code}: ${detail}`)
    if (erased) this.logger.success(`${id} is erased`)
    else if (reasons.length === 0) this.logger.info(`${id} can be erased`)
  }
}
