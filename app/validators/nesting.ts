/** No request and no event of a provider comes near; recursive code and PostgreSQL's jsonb bear more. */
const MAX_DEPTH = 64

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

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
