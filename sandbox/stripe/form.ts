/** A decoded request body or query: strings at the leaves, as the wire has them. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue }
export type Form = { [key: string]: FormValue }

/**
 * Decodes Stripe's form encoding: `a[b][c]=1`, `list[]=1` and `list[0][x]=1`. Lists with explicit
 * indexes become arrays in the order of their index.
 *
 * @param encoded the raw body, or the query without its question mark
 */
export function decodeForm(encoded: string): Form {
  const root: Form = {}
  for (const [name, value] of new URLSearchParams(encoded)) {
    const [head, ...rest] = keysOf(name)
    assign(root, head, rest, value)
  }
  return listsOf(root) as Form
}

function keysOf(name: string): string[] {
  const bracket = name.indexOf('[')
  if (bracket < 1) return [name]
  const keys = [name.slice(0, bracket)]
  for (const [, key] of name.slice(bracket).matchAll(/\[([^\]]*)\]/g)) keys.push(key)
  return keys
}

function assign(target: Form, key: string, rest: string[], value: string): void {
  // A literal `__proto__` would change the prototype instead of naming a parameter.
  const own = key === '__proto__' ? '[__proto__]' : key
  const name = own === '' ? String(Object.keys(target).length) : own
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const existing = target[name]
  const child: Form =
    existing && typeof existing === 'object' && !Array.isArray(existing) ? existing : {}
  target[name] = child
  assign(child, rest[0], rest.slice(1), value)
}

function listsOf(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value
  const keys = Object.keys(value)
  const isList = keys.length > 0 && keys.every((key) => /^\d+$/.test(key))
  if (isList) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => listsOf(value[key]))
  }
  return Object.fromEntries(keys.map((key) => [key, listsOf(value[key])]))
}
