import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { ClearingCheck } from '#escrow/explain_clearing'
import { verifyLedger, type Break, type Verification } from '#ledger/verify'
import { EXIT, OperatorCommand } from './_operator_command.js'

/** Breaks per invariant, and explanations per rail, that a person wants to read. */
const SHOWN = 20

export default class ReconcileLedger extends OperatorCommand {
  static commandName = 'reconcile:ledger'
  static description = "Prove the ledger's invariants, and that clearing is what the providers have"
  static help = [
    'Looks at one snapshot, so it may run at any time. It repairs nothing: a correction is an entry',
    'that a person decides on.',
    'For every rail and currency, our clearing balance is compared with what the provider has available',
    'and pending; what explains a difference is listed, and what is left of it is a break.',
    'Exits 1 if anything is broken, 3 if nothing is but a provider gave no answer. --offline asks none.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Prove the invariants only; ask no provider' })
  declare offline: boolean

  @flags.boolean({ description: 'Print JSON instead of tables' })
  declare json: boolean

  async run() {
    const verification = await verifyLedger()
    const { explainClearing } = await import('#escrow/explain_clearing')
    const clearing = this.offline ? undefined : await explainClearing()
    const breaks = [...verification.breaks, ...(clearing ?? []).flatMap(breakOf)]
    const unknown = (clearing ?? []).filter(isUnknown)
    if (breaks.length > 0) this.exitCode = EXIT.broken
    else if (unknown.length > 0) this.exitCode = EXIT.noAnswer

    if (this.json) {
      this.printJson({
        ...verification,
        // Neither: nothing is broken, as far as anybody can say.
        ok: breaks.length > 0 ? false : unknown.length > 0 ? null : true,
        breaks,
        clearing: clearing?.map(toJson) ?? null,
      })
      return
    }
    this.#printInvariants(verification)
    if (clearing) this.#printClearing(clearing)
    else this.logger.warning('The providers were not asked (--offline): clearing is not compared')
    const { entries, postings, accounts, transactions } = verification.examined
    const size = `${entries} entries, ${postings} postings, ${accounts} accounts, ${transactions} transactions`
    if (breaks.length > 0) this.logger.error(`${breaks.length} breaks (${size})`)
    else this.logger.success(`Every invariant holds (${size})`)
    if (unknown.length > 0) this.logger.error(`${unknown.length} clearing balances are not known`)
  }

  #printInvariants({ checks, breaks }: Verification) {
    const table = new Table({
      head: ['invariant', 'what holds', 'breaks'],
      colAligns: ['left', 'left', 'right'],
      style: { compact: true },
    })
    for (const { invariant, statement, breaks: count } of checks) {
      table.push([invariant, statement, count || 'none'])
    }
    this.logger.log(table.toString())
    for (const { invariant, breaks: count } of checks.filter((check) => check.breaks > 0)) {
      const found = breaks.filter((one) => one.invariant === invariant)
      for (const { subject, message } of found.slice(0, SHOWN)) {
        this.logger.log(`${this.colors.red(invariant)} ${subject}: ${message}`)
      }
      if (count > SHOWN) this.logger.log(`${invariant}: and ${count - SHOWN} more, see --json`)
    }
  }

  #printClearing(clearing: ClearingCheck[]) {
    const table = new Table({
      head: ['clearing', 'our books', 'available', 'pending', 'reserved', 'explained', 'left'],
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
      style: { compact: true },
    })
    for (const check of clearing) {
      const { available, pending, reserved, unexplained } = check
      table.push([
        nameOf(check),
        check.ledger.toDecimal(),
        available?.toDecimal() ?? 'no answer',
        pending?.toDecimal() ?? 'no answer',
        reserved.toDecimal(),
        explainedSum(check),
        unexplained?.toDecimal() ?? 'not known',
      ])
    }
    if (clearing.length > 0) this.logger.log(table.toString())
    for (const check of clearing) {
      for (const { reason, subject, amount } of check.explained.slice(0, SHOWN)) {
        this.logger.log(`explain ${nameOf(check)} ${amount.toDecimal()}: ${subject} ${reason}`)
      }
      const more = check.explained.length - SHOWN
      if (more > 0) this.logger.log(`explain ${nameOf(check)}: and ${more} more, see --json`)
      for (const { invariant, subject, message } of breakOf(check)) {
        this.logger.log(`${this.colors.red(invariant)} ${subject}: ${message}`)
      }
      if (isUnknown(check)) {
        this.logger.log(`${this.colors.yellow('not known')} ${nameOf(check)}: ${check.note}`)
      }
    }
  }
}

function nameOf({ rail, currency }: ClearingCheck): string {
  return `${rail} (${currency})`
}

function isUnknown({ verdict }: ClearingCheck): boolean {
  return verdict === 'no_answer' || verdict === 'moving'
}

function explainedSum({ explained, currency, ledger }: ClearingCheck): string {
  const zero = ledger.subtract(ledger)
  return explained
    .filter(({ amount }) => amount.currency === currency)
    .reduce((sum, { amount }) => sum.add(amount), zero)
    .toDecimal()
}

/** What is left of a difference when all that is known was taken off. */
function breakOf(check: ClearingCheck): Break[] {
  const { verdict, ledger, available, pending, unexplained, rail, currency, note } = check
  if (verdict !== 'unexplained') return []
  const actual = available!.add(pending!)
  return [
    {
      invariant: 'clearing_is_the_balance',
      subject: `clearing:${rail} (${currency})`,
      expected: `${ledger}`,
      actual: `${actual}`,
      message:
        `We have ${actual} at the provider and ${ledger} in our books; ` +
        `${unexplained} of that nobody can explain. ${note || `Run reconcile:provider ${rail}.`}`,
    },
  ]
}

function toJson(check: ClearingCheck) {
  return {
    rail: check.rail,
    currency: check.currency,
    verdict: check.verdict,
    ledger: check.ledger.toDecimal(),
    available: check.available?.toDecimal() ?? null,
    pending: check.pending?.toDecimal() ?? null,
    reserved: check.reserved.toDecimal(),
    explained: check.explained.map(({ amount, ...why }) => ({
      ...why,
      amount: amount.toDecimal(),
    })),
    unexplained: check.unexplained?.toDecimal() ?? null,
    note: check.note,
  }
}
