import { createHash } from 'node:crypto'

/** What differs from one occurrence of the same failure to the next. */
const VARIABLE: RegExp[] = [
  /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi,
  /'[^']*'|`[^`]*`/g,
  /\b[a-z]+_\w*\d\w*/gi,
  /\S+@\S+/g,
  // Placeholders of a query, of which a list has as many as it is long.
  /\$?\d+(, *\$\d+)*/g,
]

/**
 * What stays the same however often a failure happens and whoever it hits: its class and code, and where in our own
 * code it came from. Line numbers do not count, or every release would make all failures new ones. Without a code,
 * or where the stack has nothing of ours (a query of the ORM's loses it), its message counts, without ids: the
 * database names the table.
 *
 * @returns 12 hexadecimal digits
 */
export function fingerprintOf(error: unknown): string {
  const place = ownFrame(error)
  const message = codeOf(error) && place ? '' : withoutIds(messageOf(error))
  const parts = [typeOf(error), place, message]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

/** Class and code, such as `ProviderFailure timeout`: what Application Insights groups by. */
export function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const name = error.name === 'Error' ? error.constructor.name : error.name
  const code = codeOf(error)
  return code ? `${name} ${code}` : name
}

/** What it says of itself, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'object' || typeof error === 'function' ? 'no error' : String(error)
}

/** Also of the failure below it, where that has the code: an ORM wraps what the database says. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string' || typeof code === 'number') return `${code}`
  return cause && cause !== error ? codeOf(cause) : ''
}

const FRAME = /^\s*at (?:async )?(?:(.+?) \()?(?:file:\/\/)?([^()]+?):\d+:\d+\)?$/

/** The first frame that is neither a library's nor Node's: function and file. */
function ownFrame(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n')) {
    const [, name = '', path] = FRAME.exec(line) ?? []
    if (!path || path.includes('node_modules') || path.startsWith('node:')) continue
    const file = /^(?:.*\/)?((?:app|start|config|database|bin)\/.*?)\.[cm]?[jt]s/.exec(path)?.[1]
    if (file) return `${name} ${file}`
  }
  return ''
}

function withoutIds(text: string): string {
  return VARIABLE.reduce((left, pattern) => left.replace(pattern, '#'), text)
}
