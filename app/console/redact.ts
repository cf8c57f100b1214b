/** What a field is called that lets its holder in, or leads where only one person may go. */
const SECRET = /secret|token|password|signature|authorization|cookie|recovery|(^|_)(link|url)$/i

/** A stored record without what nobody has to see who looks at it: secrets, and links for one person. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      SECRET.test(name) && each !== null && each !== '' ? '[redacted]' : redact(each),
    ])
  )
}
