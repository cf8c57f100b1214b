import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { Problem } from '#exceptions/problem'
import { ProviderFailure } from '#payments/provider'
import { EXIT, OperatorCommand } from './_operator_command.js'

const SENTENCES = {
  submitted: 'The evidence is with the provider.',
  not_wanted: 'This dispute takes no evidence (any more).',
  nothing_to_say:
    'Nothing was handed in or released by the client: there is nothing to send. Answer at the provider.',
  refused: 'The provider did not take the evidence. Answer at the provider.',
  unknown: 'It is not known whether the evidence arrived. Run this again: the same is sent once.',
}

export default class ChargebacksSubmitEvidence extends OperatorCommand {
  static commandName = 'chargebacks:submit-evidence'
  static description = 'Send what we hold about a delivery to whoever decides a dispute'
  static help = [
    'It happens by itself before the deadline; this is for when it should not wait.',
    'Most banks take evidence once. Exits 1 if none was taken, 3 if that is unknown.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Id of the chargeback' })
  declare chargeback: string

  @flags.string({ description: 'Who sends it, such as an e-mail address', required: true })
  declare by: string

  @flags.string({ description: 'Why it does not wait', required: true })
  declare reason: string

  async run() {
    const { submitChargebackEvidence } = await import('#escrow/chargebacks/submit_evidence')
    const act = this.actOf(this.by, this.reason)
    try {
      const outcome = await submitChargebackEvidence(this.chargeback, act)
      if (outcome === 'submitted') this.logger.success(SENTENCES[outcome])
      else this.logger.warning(SENTENCES[outcome])
      if (outcome === 'unknown') this.exitCode = EXIT.noAnswer
      else if (outcome !== 'submitted') this.exitCode = EXIT.broken
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof ProviderFailure)) throw error
      this.logger.error(error.message)
      this.exitCode = error instanceof Problem ? EXIT.broken : EXIT.noAnswer
    }
  }
}
