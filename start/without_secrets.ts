import { findCardNumber, withoutCardNumbers } from '#validators/card_number'

const SECRET = '[secret]'

/** Names of fields and headers whose value is one, in whichever spelling: `clientSecret`, `X-Api-Key`. */
const NAMES = [
  'authorization',
  'cookie',
  'pass(?:word|wd|phrase)?',
  'secret',
  'token',
  'signature',
  'transmission[-_]?sig',
  'api[-_]?key',
  'access[-_]?key',
  'account[-_]?key',
  'private[-_]?key',
  'connection[-_]?string',
  'credentials?',
  'otp(?:auth)?',
  'totp',
  'recovery[-_]?codes?',
  'verifier',
  'cvc',
  'cvv',
  'card[-_]?number',
]

const HEADERS = ['authorization', 'cookie', 'stripe-signature', 'transmission-sig', 'api-key']

/**
 * Up to where a value begins: `"password":"`, `password: '` and, in a list of headers, `"Authorization","`. JSON
 * within JSON has its quotes escaped, once for each level.
 */
const NAMED = new RegExp(
  String.raw`(\\*["'])?\b[\w-]*(?:(?:${NAMES.join('|')})s?\1?\s*:|(?:${HEADERS.join('|')})\1?\s*,)` +
    String.raw`\s*(?:(\\*)["']|(\[)|(?=\d))`,
  'gi'
)

/** `"code":"123456"` is one of an authenticator, and `"code":"not_found"` is none. */
const CODE =
  /((?:\\*["'])?\bcode(?:\\*["'])?\s*:\s*\\*["']?)(?:\d{6,8}|[\da-z]{4}(?:-[\da-z]{4}){3})\b/gi

/** What is a secret wherever it stands. */
const SHAPES: [shape: RegExp, instead: string][] = [
  // But not `user:password@`, which shows how an address is written.
  [/\b([a-z][a-z\d+.-]*:\/\/)(?!user:password@)[^\s/:@"']*:[^\s/@"']+@/gi, `$1${SECRET}@`],
  [/\b(Bearer|Basic|Negotiate)\s+[\w.~+/=-]{6,}/gi, `$1 ${SECRET}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*/g, SECRET],
  [/\b(sk|rk)_(live|test)_\w+/g, `$1_$2_${SECRET}`],
  [/\bwhsec_[\w+/=-]+/g, `whsec_${SECRET}`],
  [/\b(\w+_secret)_\w{6,}/g, `$1_${SECRET}`],
  [/\b(AccountKey|SharedAccessSignature|SharedAccessKey)=[^;\s"'\\]+/gi, `$1=${SECRET}`],
  [
    /([?&](?:sig|signature|key|code|state|(?:\w*_)?(?:token|secret|password))=)[^&\s"'\\]+/gi,
    `$1${SECRET}`,
  ],
  [/\b(otpauth:\/\/)[^\s"'\\]+/gi, `$1${SECRET}`],
  [/\b(t=\d+,(?:v\d=))[\da-f]{32,}(?:,v\d=[\da-f]{32,})*/g, `$1${SECRET}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs, SECRET],
]

const literally = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)

/** Shorter ones occur in words. */
const SHORTEST = 8

let known: RegExp | undefined

/**
 * Tells which secrets this process was given, so that none of them is written down, whatever it is part of.
 *
 * @param secrets of any kind; of addresses and connection strings, also the passwords in them
 */
export function knowSecrets(secrets: string[]): void {
  const all = new Set<string>()
  for (const secret of secrets.flatMap(partsOf)) {
    for (const written of [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]) {
      if (written.length >= SHORTEST) all.add(written)
    }
  }
  // The longest first: one may begin another.
  const longestFirst = [...all].sort((one, other) => other.length - one.length)
  known = all.size > 0 ? new RegExp(longestFirst.map(literally).join('|'), 'g') : undefined
}

function partsOf(secret: string): string[] {
  const password = URL.parse(secret)?.password ?? ''
  let decoded = password
  try {
    decoded = decodeURIComponent(password)
  } catch {
    // Not encoded, then.
  }
  const key = /AccountKey=([^;]+)/i.exec(secret)?.[1] ?? ''
  const lines = secret.split(/\n|\\n|,/).map((line) => line.trim())
  return [secret, password, decoded, key, ...lines.filter((line) => !line.startsWith('-----'))]
}

/**
 * A text without anything that must not be written down: what stands behind the name of a secret, what has
 * the shape of one, what this process was given as one, and numbers of payment cards. For all that leaves by the
 * log, as JSON or in words.
 */
export function withoutSecrets(text: string): string {
  let clean = known ? text.replaceAll(known, SECRET) : text
  for (const [shape, instead] of SHAPES) clean = clean.replaceAll(shape, instead)
  clean = withoutNamed(clean).replaceAll(CODE, `$1${SECRET}`)
  return findCardNumber(clean) ? withoutCardNumbers(clean) : clean
}

/** The same text with the values left out that stand behind a name, and as good JSON as it was. */
function withoutNamed(text: string): string {
  let clean = ''
  let from = 0
  for (const { 0: opening, 2: slashes, 3: list, index } of text.matchAll(NAMED)) {
    const begin = index + opening.length
    if (index < from) continue
    if (list) {
      const { end, length } = stringsIn(text, begin)
      if (length === 0) continue
      clean += `${text.slice(from, begin)}"${SECRET}"`
      from = end
    } else if (slashes === undefined) {
      const number = /[\d.]+/y
      number.lastIndex = begin
      clean += `${text.slice(from, begin)}"${SECRET}"`
      from = begin + number.exec(text)![0].length
    } else {
      const end = endOfString(text, begin, slashes.length, opening.at(-1)!)
      clean += text.slice(from, begin) + (end > begin ? SECRET : '')
      from = end
    }
  }
  return clean + text.slice(from)
}

/**
 * Where a string ends, before its closing quote: the first with as many backslashes as opened it. More of them
 * belong to a quote within, and twice as many again to a backslash within.
 *
 * @param slashes before the opening quote
 */
function endOfString(text: string, begin: number, slashes: number, quote: string): number {
  for (let at = text.indexOf(quote, begin); at !== -1; at = text.indexOf(quote, at + 1)) {
    let before = at
    while (before > begin && text[before - 1] === '\\') before--
    if ((at - before) % (2 * (slashes + 1)) === slashes) return at - slashes
  }
  return text.length
}

/** Where a list of strings ends, before its bracket, and how much is in it. */
function stringsIn(text: string, begin: number): { end: number; length: number } {
  const next = /\s*,?\s*(\\*)(["'])/y
  let end = begin
  for (;;) {
    next.lastIndex = end
    const found = next.exec(text)
    if (!found) return { end, length: end - begin }
    const [opening, slashes, quote] = found
    const closing = endOfString(text, end + opening.length, slashes.length, quote)
    end = Math.min(text.length, closing + slashes.length + 1)
  }
}
