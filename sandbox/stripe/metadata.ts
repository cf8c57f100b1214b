/**
 * Applies a request's changes to metadata: a null unsets its key, null for the whole unsets all.
 */
export function mergedMetadata(
  current: Record<string, string> | null,
  changes: Record<string, string | null> | null | undefined
): Record<string, string> {
  if (changes === null) return {}
  const merged: Record<string, string | null> = { ...current, ...changes }
  return Object.fromEntries(
    Object.entries(merged).filter((pair): pair is [string, string] => pair[1] !== null)
  )
}
