import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { inTransaction } from '#database/transaction'
import { InvalidAmount, isKnownCurrency, Money } from '#ledger/money'
import { ReferenceReused } from '#ledger/post_entries'
import { RAILS } from '#models/transaction'
import { EXIT, OperatorCommand, oneOf, WrongUsage } from './_operator_command.js'

const KINDS = ['top-up', 'withdrawal', 'opening-float'] as const
const MOST_CHARACTERS = 200

export default class TreasuryRecord extends OperatorCommand {
  static commandName = 'treasury:record'
  static description = 'Book money that moved between us, our bank and a payment rail'
  static help = [
    'It moves nothing: it books what has happened at the bank and the provider.',
    '{{ binaryName }} treasury:record top-up stripe 25000.00 USD --reference tu_1Nq... --by ada --reason "Payouts"',
    'The reference is what the provider calls the movement (tu_..., po_...; a transaction id at',
    'PayPal): reconcile:provider looks for it. One reference is booked once, however often this runs;',
    'with another kind or amount it is refused. Exits 1 if it is refused, 2 for wrong usage.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'top-up, withdrawal or opening-float' })
  declare kind: string

  @args.string({ description: 'stripe or paypal' })
  declare rail: string

  @args.string({ description: 'Such as 25000.00' })
  declare amount: string

  @args.string({ description: 'Such as USD' })
  declare currency: string

  @flags.string({ description: 'What the provider calls this movement', required: true })
  declare reference: string

  @flags.string({ description: 'Who books it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why it was moved', required: true })
  declare reason: string

  @flags.boolean({ description: 'Print JSON instead of a sentence' })
  declare json: boolean

  async run() {
    const kind = oneOf('kind of movement', this.kind, KINDS)
    const rail = oneOf('rail', this.rail, RAILS)
    const amount = this.#money()
    const reference = this.reference.trim()
    if (!reference || reference.length > MOST_CHARACTERS) {
      throw new WrongUsage(`--reference takes 1 to ${MOST_CHARACTERS} characters.`)
    }

    const { recordTreasury } = await import('#escrow/record_treasury')
    const entry = kind.replace('-', '_') as 'top_up' | 'withdrawal' | 'opening_float'
    try {
      const { transaction, isNew } = await inTransaction((trx) =>
        recordTreasury(
          trx,
          { kind: entry, rail, amount, reference },
          { actor: { type: 'operator', name: this.by }, reason: this.reason }
        )
      )
      if (this.json) {
        this.printJson({
          transaction_id: transaction.id,
          kind,
          rail,
          amount: amount.toDecimal(),
          currency: amount.currency,
          reference,
          booked_before: !isNew,
        })
      } else if (isNew) {
        this.logger.success(`Booked: ${kind} of ${amount} on ${rail}, ${reference}`)
      } else {
        this.logger.info(`${reference} was booked before; nothing moved`)
      }
    } catch (error) {
      if (!(error instanceof ReferenceReused)) throw error
      this.exitCode = EXIT.broken
      this.logger.error(
        `${reference} is booked on ${rail} already, as another kind or with another amount. ` +
          'Nothing was booked; compare it with the provider.'
      )
    }
  }

  #money(): Money {
    const currency = this.currency.toUpperCase()
    if (!isKnownCurrency(currency)) {
      throw new WrongUsage(`"${this.currency}" is no currency that we handle; write it like USD.`)
    }
    try {
      const amount = Money.parse(this.amount, currency)
      if (amount.isPositive) return amount
    } catch (error) {
      if (!(error instanceof InvalidAmount)) throw error
      throw new WrongUsage(error.message)
    }
    throw new WrongUsage('The amount must be above zero.')
  }
}
