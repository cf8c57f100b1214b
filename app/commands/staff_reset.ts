import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { Act } from '#audit/record_audit'
import { StaffCommand } from './_staff_command.js'

export default class StaffReset extends StaffCommand {
  static commandName = 'staff:reset'
  static description =
    'Take away what somebody signs in to the console with, and print a new invitation'
  static help = [
    '{{ binaryName }}staff:reset ada@example.com --by "Vera Stein" --reason "Ticket 812"',
    'Make sure first that it is them. Their sessions end; password, app, passkeys and recovery codes are gone.',
    'Exits 1 if there is nobody of that address, or they are disabled.',
  ]
  static options: CommandOptions = { startApp: true }

  protected async change(staffId: string, act: Act) {
    const { resetStaff } = await import('#staff/reset_staff')
    const link = await resetStaff(staffId, act)
    this.logger.success(`${staffId} signs in anew by this link, within 24 hours, once:`)
    this.logger.log(link)
  }
}
