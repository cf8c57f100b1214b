import { args, flags } from '@adonisjs/core/ace'
import type { Act } from '#audit/record_audit'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

/** A command about the access of somebody who works here. */
export abstract class StaffCommand extends OperatorCommand {
  @args.string({ description: 'E-mail address or id' })
  declare staff: string

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as a ticket', required: true })
  declare reason: string

  /**
   * Does it, and tells.
   *
   * @throws Problem for what cannot be done, which is said in one line then, with exit code 1
   */
  protected abstract change(staffId: string, act: Act): Promise<void>

  async run() {
    const act = this.actOf(this.by, this.reason)
    const { findStaff } = await import('#staff/find_staff')
    try {
      const { id } = await findStaff(this.staff)
      await this.change(id, act)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      this.logger.error(problem.message)
      this.exitCode = EXIT.broken
    }
  }
}
