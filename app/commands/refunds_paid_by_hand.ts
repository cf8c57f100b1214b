import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

const MOST_CHARACTERS = 200

export default class RefundsPaidByHand extends OperatorCommand {
  static commandName = 'refunds:paid-by-hand'
  static description = 'Book that a refund which no rail could carry was paid from our bank'
  static help = [
    'It pays nothing: it books what a person has paid, all that is still owed, under the reference of our bank.',
    'Repeating it books nothing more. Exits 1 if the refund is not owed, 2 for wrong usage.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: "The refund's transaction" })
  declare id: string

  @flags.string({ description: 'What our bank calls the payment', required: true })
  declare reference: string

  @flags.string({ description: 'Who paid it', required: true })
  declare by: string

  @flags.string({ description: 'Why by hand', required: true })
  declare reason: string

  async run() {
    const [reference, by, reason] = (['reference', 'by', 'reason'] as const).map((flag) => {
      const text = this[flag].trim()
      if (text && text.length <= MOST_CHARACTERS) return text
      throw new WrongUsage(`--${flag} takes 1 to ${MOST_CHARACTERS} characters.`)
    })
    const { payRefundByHand } = await import('#escrow/pay_refund_by_hand')
    try {
      const isNew = await payRefundByHand(this.id, { reference, by, reason })
      if (isNew) this.logger.success(`Booked: ${this.id} was paid by hand, ${reference}`)
      else this.logger.info(`${reference} was booked before; nothing moved`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(error.message)
    }
  }
}
