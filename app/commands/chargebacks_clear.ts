import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class ChargebacksClear extends OperatorCommand {
  static commandName = 'chargebacks:clear'
  static description =
    'Let a deposit go whose charge is called disputed, though there is no dispute'
  static help = [
    'Ask the provider first: what became of the payment, and whether our balance still has it.',
    'A dispute that is told of later freezes it again. Exits 1 if it is refused, 2 for wrong usage.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: "The deposit's transaction" })
  declare deposit: string

  @flags.string({ description: 'Who has asked, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'What they found', required: true })
  declare reason: string

  async run() {
    const [by, reason] = (['by', 'reason'] as const).map((flag) => {
      const text = this[flag].trim()
      if (text) return text
      throw new WrongUsage(`--${flag} takes some words.`)
    })
    const { clearDispute } = await import('#escrow/chargebacks/clear_dispute')
    try {
      await clearDispute(this.deposit, { by, reason })
      this.logger.success(`${this.deposit} is frozen for no dispute any more`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.logger.error(error.message)
      this.exitCode = EXIT.broken
    }
  }
}
