import { BaseCommand } from '@adonisjs/core/ace'
import type { Kernel } from '@adonisjs/core/ace'
import type { Act } from '#audit/record_audit'

const MOST_CHARACTERS = 200

/** What commands exit with, beside 0. Shells and schedules decide by it. */
export const EXIT = {
  /** Something is broken, was refused or is still unknown: a person should look. */
  broken: 1,
  /** The command was called wrongly, and did nothing. */
  usage: 2,
  /** A provider gave no answer, so nobody can say whether something is broken. */
  noAnswer: 3,
} as const

/** The command was called wrongly. Nothing was done. */
export class WrongUsage extends Error {
  /** Called by ace for what is found wrong before the command runs: a flag or argument that is not there. */
  render(_: unknown, kernel: Kernel) {
    kernel.exitCode = EXIT.usage
    kernel.ui.logger.error(this.message)
  }
}

/** A command for operators: wrong usage is one sentence and exit code 2, and `--json` is for machines. */
export abstract class OperatorCommand extends BaseCommand {
  static validate(parsed: Parameters<typeof BaseCommand.validate>[0]) {
    // Validated although nothing but the help will be shown.
    if (parsed.flags.help !== undefined) return
    try {
      super.validate(parsed)
    } catch (error) {
      const { message } = error as Error
      throw new WrongUsage(`${message}. See "node ace ${this.commandName} --help".`, {
        cause: error,
      })
    }
  }

  async completed() {
    if (!(this.error instanceof WrongUsage)) return false
    this.exitCode = EXIT.usage
    this.logger.error(this.error.message)
    return true
  }

  /** Who does something and why, for the audit log. @throws WrongUsage unless both are said */
  protected actOf(by: string | undefined, reason: string | undefined): Act {
    return {
      actor: { type: 'operator', name: this.words('by', by) },
      reason: this.words('reason', reason),
    }
  }

  /** @throws WrongUsage for nothing, and for too much */
  protected words(flag: string, given = ''): string {
    const text = given.trim()
    if (text && text.length <= MOST_CHARACTERS) return text
    throw new WrongUsage(`--${flag} takes 1 to ${MOST_CHARACTERS} characters.`)
  }

  /** Prints one line of JSON. Counts that PostgreSQL gives as bigint become numbers. */
  protected printJson(value: unknown): void {
    this.logger.log(
      JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each))
    )
  }
}

/** One of a few words. @throws WrongUsage for any other */
export function oneOf<Word extends string>(
  what: string,
  given: string,
  words: readonly Word[]
): Word {
  const word = words.find((each) => each === given)
  if (word) return word
  throw new WrongUsage(`"${given}" is no ${what}; there are ${words.join(', ')}.`)
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads a moment in the past: `2026-03-14`, `2026-03-14T09:30:00Z`, or so long ago: `90m`, `36h`, `2d`.
 * A date without a zone is meant in UTC.
 *
 * @throws WrongUsage for anything else, and for what is yet to come
 */
export function momentOf(flag: string, text: string): Date {
  const ago = /^(\d{1,5})([mhd])$/.exec(text)
  const moment = ago
    ? new Date(Date.now() - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS])
    : dateOf(text)
  if (Number.isNaN(moment.getTime())) {
    throw new WrongUsage(
      `--${flag} takes a time such as 2026-03-14, 2026-03-14T09:30:00Z or 2d (or 36h, 90m) ago.`
    )
  }
  if (moment.getTime() > Date.now()) throw new WrongUsage(`--${flag} is in the future.`)
  return moment
}

function dateOf(text: string): Date {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
    return new Date(Number.NaN)
  }
  const hasZone = text.length === 10 || /(Z|[+-]\d\d:\d\d)$/.test(text)
  return new Date(hasZone ? text : `${text}Z`)
}
