import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { Act } from '#audit/record_audit'
import { StaffCommand } from './_staff_command.js'

export default class StaffDisable extends StaffCommand {
  static commandName = 'staff:disable'
  static description = 'Let somebody into the console no more, from this moment on'
  static help = [
    '{{ binaryName }}staff:disable ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'Exits 1 if there is nobody of that address, they are disabled already, or they are the last admin.',
  ]
  static options: CommandOptions = { startApp: true }

  protected async change(staffId: string, act: Act) {
    const { disableStaff } = await import('#staff/disable_staff')
    await disableStaff(staffId, act)
    this.logger.success(`${staffId} is disabled`)
  }
}
