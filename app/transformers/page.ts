import { validate as isUuid } from 'uuid'
import type { Infer } from '@vinejs/vine/types'
import vine from '@vinejs/vine'
import { unprocessable } from '#exceptions/problem'

export const DEFAULT_LIMIT = 20
export const MAX_LIMIT = 100

/** `?limit=1..100&after=<cursor>`, to be spread into the query schema of a list. */
export const pageFields = {
  limit: vine.number().withoutDecimals().range([1, MAX_LIMIT]).optional(),
  after: vine.string().maxLength(200).optional(),
}

const pageSchema = vine.object(pageFields)
export const pageValidator = vine.create(pageSchema)
export type PageQuery = Infer<typeof pageSchema>

export interface Page<Row> {
  rows: Row[]
  meta: { next_cursor: string | null; has_more: boolean }
}

/**
 * Where the next page starts. Opaque to callers, so that what a list is sorted by can change. Ids are
 * UUIDv7: sorting by them sorts by time of creation, and no two are equal.
 */
export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

/** @throws Problem 422 for text that `encodeCursor` did not make */
export function decodeCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (!isUuid(id) || encodeCursor(id) !== cursor) {
    throw unprocessable('after', 'cursor', 'This is no cursor that a list has handed out.')
  }
  return id
}

/** What a query needs for one page: builders of Lucid's models and of plain rows both have it. */
interface Pageable<Row> extends PromiseLike<Row[]> {
  where(column: string, operator: string, value: string): unknown
  orderBy(column: string, direction: 'asc' | 'desc'): unknown
  limit(rows: number): unknown
}

/**
 * Reads one page of a list by keyset: page 1,000 costs what page 1 costs, and rows that arrive in
 * between shift nothing. One row more than asked tells whether there is a next page.
 *
 * @param query all rows of the list, unordered
 * @param options.column the UUIDv7 column to sort by, default `id`
 * @param options.order newest first (`desc`, default) or oldest first
 * @throws Problem 422 for a bad cursor
 */
export async function readPage<Row extends { id: string }>(
  query: Pageable<Row>,
  page: PageQuery,
  options: { column?: string; order?: 'asc' | 'desc' } = {}
): Promise<Page<Row>> {
  const { column = 'id', order = 'desc' } = options
  const limit = page.limit ?? DEFAULT_LIMIT
  if (page.after !== undefined) {
    query.where(column, order === 'desc' ? '<' : '>', decodeCursor(page.after))
  }
  query.orderBy(column, order)
  query.limit(limit + 1)
  return cutPage(await query, limit)
}

/** Cuts the row that was read beyond the limit, and says whether there was one. */
export function cutPage<Row extends { id: string }>(read: Row[], limit: number): Page<Row> {
  const more = read.length > limit
  const rows = more ? read.slice(0, limit) : read
  return {
    rows,
    meta: { next_cursor: more ? encodeCursor(rows[rows.length - 1].id) : null, has_more: more },
  }
}
