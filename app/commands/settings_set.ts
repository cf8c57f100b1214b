import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import db from '@adonisjs/lucid/services/db'
import { inUnits } from '#escrow/setting_words'
import { describeSetting, isSettingName, settingNames, settings } from '#escrow/settings'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class SettingsSet extends OperatorCommand {
  static commandName = 'settings:set'
  static description = 'Change a setting, or list them all when no name is given'
  static help = [
    '{{ binaryName }}settings:set payout_hold_days 2 --by ada@example.com --reason "Ticket 812"',
    'What makes a setting protect money less takes two people: it is proposed in the name of --by, an admin of the',
    'staff, and changes when somebody else approves it at the console. Exits 1 if the value is refused.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Name of the setting', required: false })
  declare name?: string

  @args.string({
    description: 'New value: a number, an amount, a list such as "7, 3, 1", amounts by currency',
    required: false,
  })
  declare value?: string

  @flags.string({ description: 'Who decides, such as an e-mail address' })
  declare by?: string

  @flags.string({ description: 'Why' })
  declare reason?: string

  async run() {
    if (this.name === undefined) return this.#list()
    if (!isSettingName(this.name)) {
      throw new WrongUsage(
        `There is no setting "${this.name}". There are ${settingNames().join(', ')}.`
      )
    }
    if (this.value === undefined) throw new WrongUsage('Give the new value after the name.')
    const name = this.name
    const act = this.actOf(this.by, this.reason)
    const { decideSetting } = await import('#escrow/decide_setting')
    const { whereToApprove } = await import('#approvals/where_to_approve')
    try {
      const { from, to, version, approval } = await decideSetting(name, this.value, {
        act,
        by: 'operator',
        proposer: await this.#staffId(),
        via: 'command_line',
      })
      const change = `${name} from ${inUnits(name, from)} to ${inUnits(name, to)}`
      if (approval) this.logger.success(`${change}. ${whereToApprove(approval)}`)
      else this.logger.success(`${change}, from now on (version ${version})`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(`${name}: ${error.message}`)
    }
  }

  /** Whoever decides need not work at the console, unless it takes two. */
  async #staffId(): Promise<string | undefined> {
    const { activeStaff } = await import('#staff/find_active')
    try {
      const { id } = await activeStaff(this.by!)
      return id
    } catch (error) {
      if (error instanceof Problem) return undefined
      throw error
    }
  }

  async #list() {
    const current = await settings(db)
    const table = this.ui.table().head(['Setting', 'Value', 'Decides'])
    for (const name of settingNames()) {
      table.row([name, inUnits(name, current[name]), describeSetting(name).about])
    }
    table.render()
  }
}
