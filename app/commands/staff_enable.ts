import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { Act } from '#audit/record_audit'
import { StaffCommand } from './_staff_command.js'

export default class StaffEnable extends StaffCommand {
  static commandName = 'staff:enable'
  static description = 'Let somebody back into the console who was disabled, by a new invitation'
  static help = [
    '{{ binaryName }}staff:enable ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'They set password and app anew: what they had may be anywhere by now.',
    'Exits 1 if there is nobody of that address, or they are not disabled.',
  ]
  static options: CommandOptions = { startApp: true }

  protected async change(staffId: string, act: Act) {
    const { enableStaff } = await import('#staff/enable_staff')
    const link = await enableStaff(staffId, act)
    this.logger.success(`${staffId} may come back by this link, within 24 hours, once:`)
    this.logger.log(link)
  }
}
