import { args, BaseCommand } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import {
  changeSetting,
  describeSetting,
  InvalidSetting,
  isSettingName,
  settingNames,
  settings,
} from '#escrow/settings'

export default class SettingsSet extends BaseCommand {
  static commandName = 'settings:set'
  static description = 'Change a setting, or list them all when no name is given'

  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Name of the setting', required: false })
  declare name?: string

  @args.string({
    description: 'New value: a number, a decimal amount or a JSON list',
    required: false,
  })
  declare value?: string

  async run() {
    if (this.name === undefined) return this.#list()
    if (!isSettingName(this.name)) {
      return this.#refuse(`There is no setting "${this.name}". Known: ${settingNames().join(', ')}`)
    }
    if (this.value === undefined) return this.#refuse('Give the new value after the name.')

    const name = this.name
    const value = this.#read(name, this.value)
    try {
      const version = await inTransaction((trx) => changeSetting(trx, name, value, 'operator'))
      this.logger.success(`${name} is ${JSON.stringify(value)} from now on (version ${version})`)
    } catch (error) {
      if (!(error instanceof InvalidSetting)) throw error
      this.#refuse(error.message)
    }
  }

  async #list() {
    const current = await settings(db)
    const table = this.ui.table().head(['Setting', 'Value', 'Decides'])
    for (const name of settingNames()) {
      table.row([name, JSON.stringify(current[name]), describeSetting(name).about])
    }
    table.render()
  }

  /** Amounts are strings, everything else is JSON. */
  #read(name: Parameters<typeof describeSetting>[0], text: string): any {
    if (typeof describeSetting(name).default === 'string') return text
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }

  #refuse(message: string) {
    this.logger.error(message)
    this.exitCode = 1
  }
}
