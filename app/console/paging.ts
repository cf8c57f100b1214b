import { unprocessable } from '#exceptions/problem'
import type { Page } from '#transformers/page'

/** Rows of one page of the console. */
export const PAGE = 50

/**
 * Cuts the row that was read beyond the page, and says where the next one begins: for lists that are not
 * sorted by a UUID. What a cursor holds is the list's own business; it is text to everybody else.
 */
export function cutBy<Row>(
  read: Row[],
  cursorOf: (last: Row) => string,
  limit: number = PAGE
): Page<Row> {
  const more = read.length > limit
  const rows = more ? read.slice(0, limit) : read
  const next = more ? writeCursor(cursorOf(rows[rows.length - 1])) : null
  return { rows, meta: { next_cursor: next, has_more: more } }
}

export function writeCursor(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/**
 * @param shape what the list had put into it
 * @throws Problem 422 for anything else
 */
export function readCursor(cursor: string, shape: RegExp): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (shape.test(text)) return text
  throw unprocessable('after', 'cursor', 'This is no cursor that a list has handed out.')
}

/** A cursor that is a whole number, such as an entry's. */
export function readNumber(cursor: string): bigint {
  return BigInt(readCursor(cursor, /^\d{1,18}$/))
}
