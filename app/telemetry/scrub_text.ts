/** What has no place in telemetry, wherever in a text it stands. In this order: a link may hold a token. */
const SECRETS: [pattern: RegExp, instead: string][] = [
  [/[\w.+%'-]+(@|%40)[\w-]+(\.[\w-]+)+/gi, '[email]'],
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]+)?/g, '[token]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [token]'],
  [/\b(sk|pk|rk|whsec|oat|sst)_[\w-]+/g, '$1_[secret]'],
  [/_secret_\w+/g, '_secret_[secret]'],
  [/([?&][^=&\s]*=)[^&\s]+/g, '$1[value]'],
  [
    /\b(password|passwd|secret|token|authorization|cookie|code)(["']?\s*[=:]\s*["']?)[^\s"',}]+/gi,
    '$1$2[value]',
  ],
  [/:\/\/[^/\s:@]+:[^/\s@]+@/g, '://[credentials]@'],
  [/(?<![\w.-])(?:\d[ -]?){13,19}(?![\w-])/g, '[digits]'],
]

const LONGEST = 4000

/** A text for telemetry: without addresses, tokens, keys and card numbers, and not without end. */
export function scrubText(text: string): string {
  let scrubbed = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  for (const [pattern, instead] of SECRETS) scrubbed = scrubbed.replace(pattern, instead)
  return scrubbed
}
