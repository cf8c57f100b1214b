import type { Call } from './endpoint.js'
import { invalidParam } from './errors.js'
import type { Row } from './store.js'

type Searchable = 'charge' | 'payment_intent'
type Test = (object: Record<string, unknown>) => boolean

/** `metadata['key']:'value'`, `status:"succeeded"`, `amount>=1000`, `-currency:'usd'`, `created>0` */
const CLAUSE =
  /^(?<not>-)?(?<field>\w+)(?:\[(?<quote>['"])(?<key>.*?)\k<quote>\])?(?<operator>:|>=|<=|>|<|~)(?:(?<mark>['"])(?<text>.*?)\k<mark>|(?<number>\d+)|(?<none>null))(?=\s|$)/

/**
 * The search endpoints: clauses joined by AND or by OR, newest first.
 *
 * @throws StripeFailure for a query that is not of Stripe's search language
 */
export function search(
  kind: Searchable,
  { world, params, owner }: Call<{ query: string; limit?: number; page?: string }>,
  url: string
): object {
  const matches = parse(params.query)
  const before = world.clock.now - world.options.searchLagMs
  const rows = (world.store.rows(kind) as Row<Searchable>[])
    .filter((row) => row.owner === owner && row.data.created * 1000 <= before)
    .filter((row) => matches(row.data as unknown as Record<string, unknown>))
    .reverse()
  const { limit = 10, page } = params
  const from = page === undefined ? 0 : Number(page)
  if (!Number.isInteger(from)) throw invalidParam(undefined, `Invalid page: ${page}`, 'page')
  const hasMore = rows.length > from + limit
  return {
    object: 'search_result',
    data: rows.slice(from, from + limit).map((row) => row.data),
    has_more: hasMore,
    next_page: hasMore ? String(from + limit) : null,
    url,
  }
}

function parse(query: string): Test {
  const tests: Test[] = []
  const joints = new Set<string>()
  let rest = query.trim()
  for (;;) {
    const clause = CLAUSE.exec(rest)
    if (!clause?.groups)
      throw invalidParam(undefined, `We were unable to parse your search query: ${query}`, 'query')
    tests.push(testOf(clause.groups))
    rest = rest.slice(clause[0].length).trim()
    if (rest === '') break
    const joint = /^(AND|OR)\s+/i.exec(rest)
    // Clauses side by side mean AND.
    joints.add(joint ? joint[1].toUpperCase() : 'AND')
    rest = rest.slice(joint?.[0].length ?? 0)
  }
  if (joints.size > 1) {
    throw invalidParam(undefined, 'You cannot combine AND and OR in the same query.', 'query')
  }
  return (object) =>
    joints.has('OR') ? tests.some((test) => test(object)) : tests.every((test) => test(object))
}

function testOf(groups: Record<string, string | undefined>): Test {
  const { not, field = '', key, operator, text, number, none } = groups
  return (object) => {
    const holder = key === undefined ? object : (object[field] as Record<string, unknown> | null)
    const value = holder?.[key ?? field] ?? null
    return compare(value, operator, none ? null : (text ?? Number(number))) !== (not !== undefined)
  }
}

function compare(
  value: unknown,
  operator: string | undefined,
  wanted: string | number | null
): boolean {
  if (operator === ':')
    return value === wanted || (wanted !== null && String(value) === String(wanted))
  if (operator === '~') return String(value).includes(String(wanted))
  if (typeof value !== 'number' || wanted === null) return false
  if (operator === '>') return value > Number(wanted)
  if (operator === '<') return value < Number(wanted)
  return operator === '>=' ? value >= Number(wanted) : value <= Number(wanted)
}
