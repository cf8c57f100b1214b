import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, momentOf, OperatorCommand } from './_operator_command.js'

export default class RecoveryBegin extends OperatorCommand {
  static commandName = 'recovery:begin'
  static description =
    'Say that this database was restored from a backup: no money leaves until recovery:end'
  static help = [
    'Before any worker starts on it. Payouts and refunds wait, deadlines decide nothing, and what the backup',
    'has as unsent is looked up at its provider before it is sent. See docs/runbook.md, "Disasters".',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'How far the backup goes; default: its newest row' })
  declare until?: string

  @flags.boolean({ description: 'The backup was made while a recovery was open: begin anew' })
  declare again?: boolean

  @flags.string({ description: 'Who does it', required: true })
  declare by: string

  @flags.string({ description: 'Why, such as the incident', required: true })
  declare reason: string

  async run() {
    const act = this.actOf(this.by, this.reason)
    const until = this.until === undefined ? await this.#newest() : momentOf('until', this.until)
    const { beginRecovery } = await import('#recovery/begin_recovery')
    try {
      const from = await beginRecovery(until, act, { again: this.again })
      this.logger.success(`Recovering what happened since ${from.toISOString()}: no money leaves`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }

  async #newest(): Promise<Date> {
    const { findRecoveryPoint } = await import('#backup/recovery_point')
    const { until } = await findRecoveryPoint()
    return until ?? new Date()
  }
}
