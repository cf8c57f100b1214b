import type { Call } from './endpoint.js'
import { invalidParam, missing } from './errors.js'
import { integer, string, timeRange, type Shape, type Values } from './fields.js'
import type { Kind, Kinds, Row } from './store.js'

/** The parameters that every list has. */
export const paging = { limit: integer, starting_after: string, ending_before: string }

/** Those of lists that can be narrowed by creation time. */
export const dated = { ...paging, created: timeRange }

type Paging = Values<typeof paging> & { created?: Values<Shape> | undefined }

/**
 * A page of the account's objects, newest first.
 *
 * @param keep narrows the list
 */
export function listOf<K extends Kind>(
  kind: K,
  { world, params, owner }: Pick<Call<Paging>, 'world' | 'params' | 'owner'>,
  url: string,
  keep: (data: Kinds[K], row: Row<K>) => boolean = () => true
): Page<Kinds[K]> {
  const range = params.created as TimeRange | undefined
  const rows = world.store
    .rows(kind)
    .filter((row) => row.owner === owner && inRange(createdOf(row), range) && keep(row.data, row))
    .reverse()
  return page(
    rows.map((row) => row.data as Kinds[K] & { id: string }),
    params,
    url,
    (id) => world.store.get(kind, id)?.owner === owner
  )
}

export interface Page<T> {
  object: 'list'
  data: T[]
  has_more: boolean
  url: string
}

/** One page of objects that are already in order. */
export function page<T extends { id: string }>(
  all: T[],
  params: Paging,
  url: string,
  exists: (id: string) => boolean = (id) => all.some((each) => each.id === id)
): Page<T> {
  const { limit = 10, starting_after: after, ending_before: before } = params
  if (limit < 1 || limit > 100) {
    throw invalidParam(
      'parameter_invalid_integer',
      'This value must be between 1 and 100.',
      'limit'
    )
  }
  if (after && before) {
    throw invalidParam(undefined, 'You cannot use both starting_after and ending_before.')
  }
  for (const [param, id] of [
    ['starting_after', after],
    ['ending_before', before],
  ] as const) {
    if (id && !exists(id)) throw missing('object', id, param)
  }
  const from = after ? all.findIndex((each) => each.id === after) + 1 : 0
  const to = before ? all.findIndex((each) => each.id === before) : all.length
  const found = all.slice(from, Math.max(to, 0))
  const data = before ? found.slice(-limit) : found.slice(0, limit)
  return { object: 'list', data, has_more: found.length > data.length, url }
}

export interface TimeRange {
  gt?: number
  gte?: number
  lt?: number
  lte?: number
}

/** Whether a time, in unix seconds, is within a range. */
export function inRange(seconds: number, range: TimeRange | undefined): boolean {
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = range ?? {}
  return seconds > gt && seconds >= gte && seconds < lt && seconds <= lte
}

function createdOf(row: Row): number {
  return 'created' in row.data ? (row.data.created ?? 0) : 0
}
