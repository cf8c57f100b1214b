/** No request and no event of a provider comes near; recursive code and PostgreSQL's jsonb bear more. */
const MAX_DEPTH = 64
/** The longest legal request has a few hundred. */
const MAX_VALUES = 10_000

/**
 * Whether JSON is nested deeper than anybody honest would. Parsing it is safe at any depth; whatever
 * walks it recursively, down to PostgreSQL, ends in an overflow of its stack.
 */
export function isNestedTooDeeply(value: unknown): boolean {
  let level = [value].filter(isContainer)
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    level = level.flatMap((container) => Object.values(container).filter(isContainer))
  }
  return level.length > 0
}

/**
 * Whether JSON has more members and elements than anybody honest would send. What looks at each of them does
 * so for every request.
 *
 * @param value not nested too deeply
 */
export function hasTooManyValues(value: object): boolean {
  let count = 0
  for (let level = [value]; level.length > 0;) {
    const inner = level.flatMap((container) => Object.values(container))
    count += inner.length
    if (count > MAX_VALUES) return true
    level = inner.filter(isContainer)
  }
  return false
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
