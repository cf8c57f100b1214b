import Table from 'cli-table3'
import { args, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { RAILS } from '#models/transaction'
import type { InboxRow, Replayed, WhichEvents } from '#payments/replay_events'
import { EXIT, momentOf, OperatorCommand, oneOf, WrongUsage } from './_operator_command.js'

/** Rows that a person wants to read; the failed ones are all shown. */
const SHOWN = 50

export default class InboxReplay extends OperatorCommand {
  static commandName = 'inbox:replay'
  static description = 'Process stored webhook events once more'
  static help = [
    "Name events by their ids, ours or the provider's, or choose them; choices add up.",
    '{{ binaryName }} inbox:replay --rail stripe --type "charge.dispute.*" --since 2d --dry-run',
    'It takes --by and --reason, which the audit log keeps with each event; not with --dry-run.',
    'What an event is about is fetched again and applied as it is now; nothing is booked twice.',
    'Exits 1 if one could not be processed or a named one is not there, 2 for wrong usage.',
  ]
  static options: CommandOptions = { startApp: true }

  @args.spread({ description: 'Ids of events', required: false })
  declare ids?: string[]

  @flags.string({ description: 'Only of this rail: stripe or paypal' })
  declare rail?: string

  @flags.string({ description: 'Only of this type; "charge.*" for all that begin so' })
  declare type?: string

  @flags.string({ description: 'Only received since: 2026-03-14, or 2d (36h, 90m) ago' })
  declare since?: string

  @flags.string({ description: 'Only those now received, handled, ignored or failed' })
  declare status?: string

  @flags.string({ description: 'Who does it, such as an e-mail address' })
  declare by?: string

  @flags.string({ description: 'Why they are processed again' })
  declare reason?: string

  @flags.boolean({ description: 'Show what would be processed, and process nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Print JSON instead of a table' })
  declare json: boolean

  async run() {
    const { eventsToReplay, replayEvents, INBOX_STATUSES } = await import('#payments/replay_events')
    const which: WhichEvents = {
      ids: this.ids?.length ? this.ids : undefined,
      type: this.type,
      rail: this.rail === undefined ? undefined : oneOf('rail', this.rail, RAILS),
      since: this.since === undefined ? undefined : momentOf('since', this.since),
      status: this.status === undefined ? undefined : oneOf('status', this.status, INBOX_STATUSES),
    }
    if (!Object.values(which).some((choice) => choice !== undefined)) {
      throw new WrongUsage('Name events, or choose some by --rail, --type, --since or --status.')
    }

    const chosen = this.dryRun
      ? eventsToReplay(which)
      : replayEvents(which, this.actOf(this.by, this.reason))
    const rows: (InboxRow | Replayed)[] = []
    for await (const row of chosen) {
      rows.push(row)
      if (!this.json && rows.length % 500 === 0) this.logger.info(`${rows.length} events`)
    }
    const failed = rows.filter(hasFailed)
    const missing = (which.ids ?? []).filter(
      (id) => !rows.some((row) => row.id === id || row.eventId === id)
    )
    if (failed.length > 0 || missing.length > 0) this.exitCode = EXIT.broken
    if (this.json) this.#printJson(rows, failed.length, missing)
    else this.#print(rows, failed, missing)
  }

  #printJson(rows: (InboxRow | Replayed)[], failed: number, missing: string[]) {
    this.printJson({
      dry_run: this.dryRun ?? false,
      events: rows.length,
      failed,
      not_found: missing,
      rows: rows.map((row) => ({
        id: row.id,
        event_id: row.eventId,
        rail: row.rail,
        type: row.type,
        received_at: row.receivedAt.toISOString(),
        before: row.status,
        ...('after' in row && { after: row.after, error: row.error || null }),
      })),
    })
  }

  #print(rows: (InboxRow | Replayed)[], failed: Replayed[], missing: string[]) {
    const table = new Table({ head: ['event', 'rail', 'type', 'received', 'before', 'after'] })
    for (const row of rows.slice(0, SHOWN)) {
      const after = 'after' in row ? row.after : 'not processed'
      table.push([row.eventId, row.rail, row.type, row.receivedAt.toISOString(), row.status, after])
    }
    if (rows.length > 0) this.logger.log(table.toString())
    if (rows.length > SHOWN) {
      this.logger.log(`and ${rows.length - SHOWN} more, see --json`)
    }
    for (const { eventId, error } of failed) {
      this.logger.log(`${this.colors.red('failed')} ${eventId}: ${error}`)
    }
    for (const id of missing) {
      this.logger.log(`${this.colors.red('not found')} ${id}`)
    }
    const done = this.dryRun ? 'would be processed' : 'processed'
    this.logger.log(`${rows.length} events ${done}, ${failed.length} failed`)
  }
}

function hasFailed(row: InboxRow | Replayed): row is Replayed {
  return 'error' in row && row.error !== ''
}
