import ace from '@adonisjs/core/services/ace'

export interface Run {
  exitCode: number | undefined
  /** All that was printed, line by line. */
  lines: string[]
  output: string
  /** The last line as JSON; undefined if it is none. */
  json: any
}

/** Runs a command in this process, as an operator would, and answers what it printed. */
export async function run(command: string, ...argv: string[]): Promise<Run> {
  ace.ui.switchMode('raw')
  ace.ui.logger.flushLogs()
  try {
    const { exitCode } = await ace.exec(command, argv)
    const lines = ace.ui.logger.getLogs().map(({ message }) => message)
    return { exitCode, lines, output: lines.join('\n'), json: jsonOf(lines.at(-1)) }
  } finally {
    ace.ui.switchMode('normal')
  }
}

function jsonOf(line = ''): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Who does something at the command line, and why, where it does not matter. */
export const BY = ['--by', 'Vera Stein', '--reason', 'Ticket 812']
