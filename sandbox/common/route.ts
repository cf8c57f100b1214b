/** What finds an operation: its method, and its path with names in braces. */
export interface Routed {
  method: string
  template: string
  pattern: RegExp
}

/** Matches the paths of a template, with its names as groups. */
export function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}

/** Finds the operation of a path. A literal path wins over one with names. */
export function route<E extends Routed>(
  endpoints: E[],
  method: string,
  path: string
): { endpoint: E; path: Record<string, string> } | undefined {
  let found: { endpoint: E; path: Record<string, string> } | undefined
  for (const each of endpoints) {
    if (each.method !== method) continue
    if (each.template === path) return { endpoint: each, path: {} }
    const match = found ? null : each.pattern.exec(path)
    if (match) found = { endpoint: each, path: { ...match.groups } }
  }
  return found
}
