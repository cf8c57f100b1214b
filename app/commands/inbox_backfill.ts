import Table from 'cli-table3'
import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { RAILS } from '#models/transaction'
import { ProviderFailure } from '#payments/provider'
import { offeredRails } from '#payments/registry'
import { EXIT, momentOf, OperatorCommand, oneOf, WrongUsage } from './_operator_command.js'

export default class InboxBackfill extends OperatorCommand {
  static commandName = 'inbox:backfill'
  static description = 'Take in webhook events that never came, connected accounts included'
  static help = [
    'Asks the provider what it told us, or tried to, and takes in what is not in the inbox; the',
    'workers process it. Runs by itself every hour; running it beside that takes nothing twice.',
    'Exits 1 if an event could not be stored, 2 for wrong usage, 3 if the provider gave no answer.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'stripe or paypal' })
  declare rail: string

  @flags.string({ description: 'Since: 2026-03-14, or 2d (36h, 90m) ago', default: '2d' })
  declare since: string

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const rail = oneOf('rail', this.rail, RAILS)
    if (!offeredRails().includes(rail)) throw new WrongUsage(`${rail} is not set up here.`)
    const period = { from: momentOf('since', this.since), to: new Date() }
    const { backfillEvents } = await import('#payments/backfill_events')
    try {
      const done = await backfillEvents(rail, period, {
        progress: ({ listed, taken }) => {
          if (!this.json) this.logger.info(`${listed} looked at, ${taken} were missing`)
        },
      })
      if (done.refused > 0) this.exitCode = EXIT.broken
      if (this.json) {
        this.printJson({ rail, from: period.from, to: period.to, ...done })
        return
      }
      const table = new Table({ head: ['type', 'were missing'], colAligns: ['left', 'right'] })
      for (const [type, count] of Object.entries(done.types).sort()) table.push([type, count])
      if (done.taken > 0) this.logger.log(table.toString())
      this.logger.log(
        `${done.listed} looked at since ${period.from.toISOString()}, ${done.taken} were missing`
      )
      if (done.refused > 0) this.logger.error(`${done.refused} cannot be stored, see the log`)
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error
      this.exitCode = EXIT.noAnswer
      this.logger.error(`${rail} gave no answer: ${error.message} Run it again; nothing is lost.`)
    }
  }
}
