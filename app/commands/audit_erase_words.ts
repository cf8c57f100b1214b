import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

export default class AuditEraseWords extends OperatorCommand {
  static commandName = 'audit:erase-words'
  static description = 'Erase the reason and the name of the operator from a line of the audit log'
  static help = [
    'The line stays, and the chain is right without them. Another line says who erased them and why, so do not',
    'repeat them there. Exits 1 if there is no such line, or it has no words.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the line, as /console/audit shows it' })
  declare id: string

  @flags.string({ description: 'Who does it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why', required: true })
  declare reason: string

  async run() {
    const { eraseWords } = await import('#audit/erase_words')
    const act = this.actOf(this.by, this.reason)
    try {
      await eraseWords(this.id, act)
      this.logger.success('The words are erased; the line stays.')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(error.message)
    }
  }
}
