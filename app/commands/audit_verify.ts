import Table from 'cli-table3'
import { flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { headText, parseHead } from '#audit/chain'
import { EXIT, OperatorCommand, WrongUsage } from './_operator_command.js'

export default class AuditVerify extends OperatorCommand {
  static commandName = 'audit:verify'
  static description = 'Compute the hash chain over the audit log again and compare'
  static help = [
    'It compares with the head that was found right last, and prints the one of now. Keep that somewhere else',
    'and give it to --head: who can write to the database can change what it remembers, too.',
    'Exits 1 if something is wrong, and names the first bad position.',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'The head that was printed earlier: position:hash' })
  declare head?: string

  @flags.number({ description: 'Minutes after which a line must be sealed', default: 10 })
  declare unsealed: number

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const kept = this.head === undefined ? undefined : parseHead(this.head)
    if (this.head !== undefined && !kept) {
      throw new WrongUsage('--head takes what this command printed: <position>:<64 hex digits>.')
    }
    if (!Number.isInteger(this.unsealed) || this.unsealed < 0) {
      throw new WrongUsage('--unsealed takes whole minutes.')
    }
    const { verifyAudit } = await import('#audit/verify')
    const { lastVerifiedHead } = await import('#audit/run_verification')
    const quiet = this.json || !process.stderr.isTTY
    const verdict = await verifyAudit({
      expected: [...(await lastVerifiedHead()), ...(kept ? [kept] : [])],
      unsealedMinutes: this.unsealed,
      onProgress: (done, total) => quiet || process.stderr.write(`\r${done} of ${total} lines`),
    })
    if (!quiet) process.stderr.write('\n')
    const { ok, lines, head, erased, waiting, bad } = verdict
    if (!ok) this.exitCode = EXIT.broken
    if (this.json) {
      this.printJson({
        ok,
        lines,
        head: headText(head),
        erased,
        waiting,
        bad: bad ? { position: bad.position, audit_id: bad.auditId, message: bad.message } : null,
      })
      return
    }
    const table = new Table()
    table.push(
      { 'lines verified': `${lines}` },
      { 'words erased': `${erased}` },
      { 'waiting to be sealed': `${waiting}` },
      { head: headText(head) }
    )
    this.logger.log(table.toString())
    if (!bad) this.logger.success('The audit log is what was written')
    else this.logger.error(`${bad.position ? `Position ${bad.position}: ` : ''}${bad.message}`)
  }
}
