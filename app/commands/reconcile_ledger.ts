import Table from 'cli-table3'
import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { verifyLedger, type Verification } from '#ledger/verify'

/** Breaks per invariant that a person wants to read. */
const SHOWN = 20

export default class ReconcileLedger extends BaseCommand {
  static commandName = 'reconcile:ledger'
  static description = "Prove the ledger's invariants"
  static help = [
    'Looks at one snapshot, so it may run at any time. Exits 1 if anything is broken.',
    'It repairs nothing: a correction is an entry that a person decides on.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print JSON instead of tables' })
  declare json: boolean

  async run() {
    const verification = await verifyLedger()
    if (!verification.ok) this.exitCode = 1
    if (this.json) {
      this.logger.log(
        JSON.stringify(verification, (_, value) =>
          typeof value === 'bigint' ? Number(value) : value
        )
      )
    } else {
      this.#print(verification)
    }
  }

  #print({ ok, checks, breaks, examined }: Verification) {
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
    const { entries, postings, accounts, transactions } = examined
    const size = `${entries} entries, ${postings} postings, ${accounts} accounts, ${transactions} transactions`
    if (ok) this.logger.success(`Every invariant holds (${size})`)
    else this.logger.error(`${breaks.length} breaks (${size})`)
  }
}
